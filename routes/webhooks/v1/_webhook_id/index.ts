import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { Webhook, WebhookParams, WebhookUpdate } from '#schemas/webhooks.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'getWebhook',
        tags: ['webhooks'],
        summary: 'Get a webhook',
        description: 'Returns a webhook, without its secret. Only for administrators.',
        params: WebhookParams,
        response: { 200: ref(Webhook, 'The webhook.') },
      },
    },
    async request => app.webhooks.read(request.params.webhook_id),
  )

  app.patch(
    '',
    {
      config: { stepUp: 'session', errors: ['notFound', 'webhookInvalid'] },
      schema: {
        operationId: 'updateWebhook',
        tags: ['webhooks'],
        summary: 'Update a webhook',
        description:
          'Changes the given members and keeps the others. One that is enabled again gets what waited for it, and what happens from then on. ' +
          'Only for administrators.',
        params: WebhookParams,
        body: ref(WebhookUpdate),
        response: { 200: ref(Webhook, 'The updated webhook.') },
      },
    },
    async request => app.webhooks.update(request.params.webhook_id, request.body, request),
  )

  app.delete(
    '',
    {
      config: { stepUp: 'session', errors: ['notFound'] },
      schema: {
        operationId: 'deleteWebhook',
        tags: ['webhooks'],
        summary: 'Delete a webhook',
        description: 'Deletes a webhook. What waits for it is no longer sent. Only for administrators.',
        params: WebhookParams,
        response: { 200: ref(Ok, 'The webhook is deleted.') },
      },
    },
    async request => {
      await app.webhooks.remove(request.params.webhook_id, request)
      return { status: 'ok' as const }
    },
  )
}

export default routes
