import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { WebhookParams, WebhookSecret } from '#schemas/webhooks.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { stepUp: 'session', errors: ['notFound', 'webhookWithoutSecret', 'changedMeanwhile'] },
      schema: {
        operationId: 'rotateWebhookSecret',
        tags: ['webhooks'],
        summary: "Rotate a webhook's secret",
        description:
          'Makes a new secret, which cannot be read again. For `WEBHOOK_SECRET_OVERLAP_SECONDS` the previous one signs too: two signatures, the new ' +
          "one's first. Of two rotations at once one is refused. Only for administrators.",
        params: WebhookParams,
        response: { 200: ref(WebhookSecret, 'The new secret.') },
      },
    },
    async request => app.webhooks.rotateSecret(request.params.webhook_id, request),
  )
}

export default routes
