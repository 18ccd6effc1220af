import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { created, ref } from '#schemas/ref.ts'
import { CreatedWebhook, NewWebhook, Webhooks, WebhooksQuery } from '#schemas/webhooks.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'webhooks', description: 'Where change events are sent to.', order: 95 })

  app.get(
    '/',
    {
      schema: {
        operationId: 'listWebhooks',
        tags: ['webhooks'],
        summary: 'List webhooks',
        description: 'Returns the webhooks, newest first. Only for administrators.',
        querystring: WebhooksQuery,
        response: { 200: ref(Webhooks, 'A page of webhooks.') },
      },
    },
    async request => app.webhooks.list(request.query),
  )

  app.post(
    '/',
    {
      config: { stepUp: 'session', errors: ['webhookInvalid', 'tooManyWebhooks'] },
      schema: {
        operationId: 'createWebhook',
        tags: ['webhooks'],
        summary: 'Create a webhook',
        description:
          'Has change events sent to a URL from now on. Keep the `secret`, which cannot be read again: the receiver verifies signatures with it. ' +
          'Only for administrators.',
        body: ref(NewWebhook),
        response: { 201: created(CreatedWebhook, 'The webhook, and once its secret.') },
      },
    },
    async (request, reply) => {
      const webhook = await app.webhooks.create(request.body, request)
      reply.code(201).header('location', `${app.config.PUBLIC_URL}/webhooks/v1/${webhook.id}`)
      return webhook
    },
  )
}

export default routes
