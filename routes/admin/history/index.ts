import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { HistoryQuery } from '#schemas/admin-pages.ts'

const PATH = '/admin/history'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'admin/history', order: 10 })

  const errorPage = () => ({ name: 'admin/history/list', data: { events: [] } })

  app.get('', { config: { errorPage }, schema: { querystring: HistoryQuery } }, async (request, reply) => {
    const { user_id, actor_id, kind, cursor } = request.query
    const { results, next_cursor } = await app.auditEvents.list(
      {
        ...(user_id && { user_id: Number(user_id) }),
        ...(actor_id && { actor_id: Number(actor_id) }),
        ...(kind && { kind }),
      },
      request.query,
      request.user,
    )
    const events = app.devices.describeIn(results)
    return reply.page('admin/history/list', { events, user_id, actor_id, kind, cursor, next_cursor })
  })
}

export default routes
