import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { WebhookDeliveries, WebhookDeliveriesQuery, WebhookDeliveryParams, WebhookParams } from '#schemas/webhooks.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'listWebhookDeliveries',
        tags: ['webhooks'],
        summary: "List a webhook's deliveries",
        description:
          'Returns what was sent to a webhook, and what waits, newest first. Deliveries are kept for 30 days. Only for administrators.',
        params: WebhookParams,
        querystring: WebhookDeliveriesQuery,
        response: { 200: ref(WebhookDeliveries, 'A page of deliveries.') },
      },
    },
    async request => app.webhooks.deliveries(request.params.webhook_id, request.query),
  )

  app.post(
    '/:delivery_id/retry',
    {
      config: { errors: ['notFound', 'webhookDisabled', 'userNotFound'] },
      schema: {
        operationId: 'retryWebhookDelivery',
        tags: ['webhooks'],
        summary: 'Send an event again',
        description:
          'Has an event sent again, with the same id, whatever became of it; it is attempted for another day. Only for administrators.',
        params: WebhookDeliveryParams,
        response: { 200: ref(Ok, 'The event is due.') },
      },
    },
    async request => {
      await app.webhooks.retry(request.params.webhook_id, request.params.delivery_id, request)
      return { status: 'ok' as const }
    },
  )
}

export default routes
