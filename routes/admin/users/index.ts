import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { STATES, UserSearchQuery } from '#schemas/admin-pages.ts'
import { errors } from '#schemas/errors.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/admin/users', topic: 'admin/users', order: 0 })

  const states = Object.keys(STATES)
  const errorPage = () => ({ name: 'admin/users/list', data: { users: [], states } })

  app.get('', { config: { errorPage }, schema: { querystring: UserSearchQuery } }, async (request, reply) => {
    const { email, state = '', cursor } = request.query
    const { results, next_cursor } = await app.users.list({
      ...STATES[state],
      ...(email && { email }),
      ...(cursor !== undefined && { cursor }),
    })
    const data = { users: results, states, cursor, next_cursor }
    return reply.page({ name: 'admin/users/list', data, live: { channels: ['person', 'login_method', 'otp_method'] } })
  })

  // What is no id matches no route: its error belongs to the administration, too.
  app.get('/:no_user', { config: { shared: true } }, async () => {
    throw errors.notFound()
  })
}

export default routes
