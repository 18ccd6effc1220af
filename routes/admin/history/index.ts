import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { HistoryQuery } from '#schemas/admin-pages.ts'

const PATH = '/admin/history'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'admin/history', order: 10 })

  /** Each kind has words; what is said besides has a dot in its key. */
  const kinds = () => app.languages.keysOf('audit-events').filter(key => !key.includes('.'))
  const errorPage = () => ({ name: 'admin/history/list', data: { events: [], kinds: kinds() } })

  app.get('', { config: { errorPage }, schema: { querystring: HistoryQuery } }, async (request, reply) => {
    const { user_id, actor_id, kind, from, to, cursor } = request.query
    const { results, next_cursor } = await app.auditEvents.listAll(
      {
        ...(user_id && { user_id: Number(user_id) }),
        ...(actor_id && { actor_id: Number(actor_id) }),
        ...(kind && { kind }),
        ...(from && { from: `${from}Z` }),
        ...(to && { to: `${to}Z` }),
        ...(cursor !== undefined && { cursor }),
      },
      request.user,
    )
    const events = app.devices.describeIn(results)
    const emails = await app.users.emailsOf(results.flatMap(({ user_id, actor_id }) => [user_id, actor_id]))
    return reply.page('admin/history/list', { events, emails, kinds: kinds(), cursor, next_cursor })
  })
}

export default routes
