import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ListQuery } from '#schemas/hosted-pages.ts'

const PATH = '/account/history'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'account/history', order: 60 })

  app.get('', { schema: { querystring: ListQuery } }, async ({ query, user }, reply) => {
    const { results, next_cursor } = await app.auditEvents.list({ user_id: user.user_id }, query, user)
    const events = app.devices.describeIn(results)
    const data = { events, cursor: query.cursor, next_cursor }
    return reply.page({ name: 'account/history/list', data, live: {} })
  })
}

export default routes
