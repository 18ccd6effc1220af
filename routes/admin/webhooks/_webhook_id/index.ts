import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors, undefinedIfGone } from '#schemas/errors.ts'
import { RotationForm, WebhookPageQuery } from '#schemas/webhook-pages.ts'
import {
  DELIVERY_STATUSES,
  type Webhook,
  type WebhookDeliveriesQuery,
  WebhookDeliveryParams,
  WebhookParams,
} from '#schemas/webhooks.ts'

const WEBHOOKS = '/admin/webhooks'

interface Action {
  run(request: FastifyRequest, id: Webhook['id']): Promise<unknown>
  /** To every webhook by default. */
  applies?(webhook: Webhook): boolean
  /** The page that follows; that of the webhook by default. */
  next?: string
}

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, webhooks } = app

  const actions: Record<string, Action> = {
    enable: {
      applies: ({ enabled }) => !enabled,
      run: (request, id) => webhooks.update(id, { enabled: true }, request),
    },
    disable: {
      applies: ({ enabled }) => enabled,
      run: (request, id) => webhooks.update(id, { enabled: false }, request),
    },
    deletion: { next: WEBHOOKS, run: (request, id) => webhooks.remove(id, request) },
  }

  async function overview(webhook: Webhook, query: WebhookDeliveriesQuery = {}) {
    const { results: deliveries, next_cursor } = await webhooks.deliveries(webhook.id, query)
    const { cursor, status } = query
    const data = { webhook, deliveries, statuses: DELIVERY_STATUSES, status, cursor, next_cursor }
    return { name: 'admin/webhooks/webhook', data }
  }

  /** An error leads back to the webhook, if it is still there. */
  const errorPage = async (_code: string, { params }: FastifyRequest) => {
    const { webhook_id } = params as WebhookParams
    const webhook = await webhooks.read(webhook_id).catch(undefinedIfGone)
    return webhook && overview(webhook)
  }
  const config = { errorPage, authLimit: true } as const
  const question = { errorPage, stepUp: 'session' } as const
  const change = { ...question, authLimit: true } as const

  const params = WebhookParams
  const pathOf = (id: Webhook['id']) => `${WEBHOOKS}/${id}`

  app.get('', { config: { errorPage }, schema: { params, querystring: WebhookPageQuery } }, async (request, reply) => {
    const { cursor, status } = request.query
    const webhook = await webhooks.read(request.params.webhook_id)
    return reply.page(await overview(webhook, { ...(cursor && { cursor }), ...(status && { status }) }))
  })

  app.post('/test', { config, schema: { params } }, async (request, reply) => {
    const { webhook_id } = request.params
    await webhooks.test(webhook_id, request)
    return reply.redirect(pages.urlOf(request, pathOf(webhook_id), { done: 'tested' }), 303)
  })

  app.post(
    '/deliveries/:delivery_id/retry',
    { config, schema: { params: WebhookDeliveryParams } },
    async (request, reply) => {
      const { delivery_id, webhook_id } = request.params
      await webhooks.retry(webhook_id, delivery_id, request)
      return reply.redirect(pages.urlOf(request, pathOf(webhook_id), { done: 'retried' }), 303)
    },
  )

  app.get('/secret', { config: question, schema: { params } }, async (request, reply) => {
    const webhook = await webhooks.read(request.params.webhook_id)
    if (webhook.format === 'set') throw errors.webhookWithoutSecret()
    return reply.page('admin/webhooks/confirm', { webhook, action: 'secret' })
  })

  app.post('/secret', { config: change, schema: { params, body: RotationForm } }, async (request, reply) => {
    const { webhook_id } = request.params
    const { version } = request.body
    const { secret } = await webhooks.rotateSecret(webhook_id, request, version ? Date.parse(version) : undefined)
    const webhook = await webhooks.read(webhook_id)
    return reply.page('admin/webhooks/secret', { webhook, secret, script: 'copy.js' })
  })

  for (const [name, { applies, next, run }] of Object.entries(actions)) {
    app.get(`/${name}`, { config: question, schema: { params } }, async (request, reply) => {
      const webhook = await webhooks.read(request.params.webhook_id)
      if (applies && !applies(webhook)) throw errors.notFound()
      return reply.page('admin/webhooks/confirm', { webhook, action: name })
    })

    app.post(`/${name}`, { config: change, schema: { params } }, async (request, reply) => {
      const { webhook_id } = request.params
      await run(request, webhook_id)
      return reply.redirect(pages.urlOf(request, next ?? pathOf(webhook_id), { done: name }), 303)
    })
  }
}

export default routes
