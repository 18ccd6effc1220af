import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { WebhookParams, WebhookTest } from '#schemas/webhooks.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { errors: ['notFound', 'webhookDisabled', 'userNotFound'] },
      schema: {
        operationId: 'testWebhook',
        tags: ['webhooks'],
        summary: 'Send a test event',
        description:
          'Queues an event of the type `webhook.test` (with the format `set`: a verification event), whatever types the webhook gets. ' +
          'Its deliveries tell what became of it. Only for administrators.',
        params: WebhookParams,
        response: { 200: ref(WebhookTest, 'The event is queued.') },
      },
    },
    async request => ({ event_id: await app.webhooks.test(request.params.webhook_id, request) }),
  )
}

export default routes
