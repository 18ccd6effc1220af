import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ListQuery } from '#schemas/hosted-pages.ts'

const PATH = '/account/history'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'account/history', order: 60 })

  app.get('', { schema: { hide: true, querystring: ListQuery } }, async ({ query: { cursor }, user }, reply) => {
    const filter = { user_id: user.user_id }
    const { results, next_cursor } = await app.auditEvents.list(filter, cursor === undefined ? {} : { cursor }, user)
    const events = results.map(event => ({ ...event, device: event.device && app.devices.describe(event.device) }))
    return reply.page('account/history/list', { events, cursor, next_cursor })
  })
}

export default routes
