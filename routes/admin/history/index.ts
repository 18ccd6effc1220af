import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { HistoryQuery } from '#schemas/admin-pages.ts'
import { findUserByEmail, type User } from '#sql/users.ts'

const PATH = '/admin/history'

/** Ids begin at 1; events with 0 are those of nobody known. */
const NO_USER = -1

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'admin/history', order: 10 })

  /** Each kind has words; what is said besides has a dot in its key. */
  const kinds = () => app.languages.keysOf('audit-events').filter(key => !key.includes('.'))
  const errorPage = () => ({ name: 'admin/history/list', data: { events: [], kinds: kinds() } })

  /** Of an address that nobody has: an id that nobody has. */
  async function idOf(user: string): Promise<User['id']> {
    if (!user.includes('@')) return Number(user)
    return (await findUserByEmail(app.db, user.toLowerCase()))?.id ?? NO_USER
  }

  app.get('', { config: { errorPage }, schema: { querystring: HistoryQuery } }, async (request, reply) => {
    const { user_id, actor_id, kind, from, to, cursor } = request.query
    const { results, next_cursor } = await app.auditEvents.listAll(
      {
        ...(user_id && { user_id: await idOf(user_id) }),
        ...(actor_id && { actor_id: await idOf(actor_id) }),
        ...(kind && { kind }),
        ...(from && { from: `${from}Z` }),
        ...(to && { to: `${to}Z` }),
        ...(cursor !== undefined && { cursor }),
      },
      request.user,
    )
    const events = app.devices.describeIn(results)
    const emails = await app.users.emailsOf(results.flatMap(({ user_id, actor_id }) => [user_id, actor_id]))
    const data = { events, emails, kinds: kinds(), cursor, next_cursor }
    return reply.page({ name: 'admin/history/list', data, live: {} })
  })
}

export default routes
