import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { undefinedIfGone } from '#schemas/errors.ts'
import { CreationQuery, ListQuery, PageQuery } from '#schemas/hosted-pages.ts'
import { ref } from '#schemas/ref.ts'
import { FORMATS, NewWebhook, type Webhook, WebhookParams, WebhookUpdate } from '#schemas/webhooks.ts'
import { undefinedIfDuplicate } from '#sql/connection/errors.ts'
import { changesIn, type Members, newWebhookIn } from './form.ts'

const PATH = '/admin/webhooks'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, webhooks } = app
  app.console.section({ path: PATH, topic: 'admin/webhooks', order: 6 })

  const form = (fields: Members, webhook?: Webhook) => ({
    name: 'admin/webhooks/form',
    data: { fields, webhook, types: webhooks.types(), formats: FORMATS, newId: randomUUIDv7() },
  })

  async function withLastDelivery(webhook: Webhook) {
    const { results } = await webhooks.deliveries(webhook.id, { limit: 1 })
    return { ...webhook, last: results[0] }
  }

  app.get('', { schema: { querystring: ListQuery } }, async ({ query }, reply) => {
    const { results, next_cursor } = await webhooks.list(query)
    const listed = await Promise.all(results.map(withLastDelivery))
    return reply.page('admin/webhooks/list', { webhooks: listed, cursor: query.cursor, next_cursor })
  })

  app.get('/new', { config: { stepUp: 'session' }, schema: { querystring: CreationQuery } }, async (_request, reply) =>
    reply.page(form({})),
  )

  app.post(
    '/new',
    {
      config: {
        authLimit: true,
        stepUp: 'session',
        errorPage: (code, request) => form(pages.filledIn<Members>(request, code) ?? {}),
      },
      preValidation: async request => {
        request.body = newWebhookIn(request.body)
      },
      schema: { querystring: CreationQuery, body: ref(NewWebhook) },
    },
    async (request, reply) => {
      const { id } = request.query
      // Without one the form was sent before: its page was reloaded, or its button pressed twice.
      const created = await webhooks.create(request.body, request, id).catch(undefinedIfDuplicate)
      if (!created) return reply.redirect(pages.urlOf(request, `${PATH}/${id}`, { done: 'created' }), 303)
      const { secret, ...webhook } = created
      return reply.page('admin/webhooks/secret', { webhook, secret, ...(secret && { script: 'copy.js' }) })
    },
  )

  const schema = { params: WebhookParams, querystring: PageQuery }

  app.get('/:webhook_id/edit', { config: { stepUp: 'session' }, schema }, async ({ params }, reply) => {
    const webhook = await webhooks.read(params.webhook_id)
    return reply.page(form(webhook, webhook))
  })

  app.post(
    '/:webhook_id/edit',
    {
      config: {
        authLimit: true,
        stepUp: 'session',
        async errorPage(code, request) {
          const { webhook_id } = request.params as WebhookParams
          const webhook = await webhooks.read(webhook_id).catch(undefinedIfGone)
          return webhook && form(pages.filledIn<Members>(request, code) ?? webhook, webhook)
        },
      },
      preValidation: async (request: FastifyRequest) => {
        request.body = changesIn(request.body)
      },
      schema: { ...schema, body: ref(WebhookUpdate) },
    },
    async (request, reply) => {
      const { webhook_id } = request.params
      await webhooks.update(webhook_id, request.body, request)
      return reply.redirect(pages.urlOf(request, `${PATH}/${webhook_id}`, { done: 'saved' }), 303)
    },
  )
}

export default routes
