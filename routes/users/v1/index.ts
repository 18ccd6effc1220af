import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { Users, UsersQuery } from '#schemas/users.ts'
import { listUsers, type UserFilter } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'users', description: 'Sign up, log in, rotate tokens and manage accounts.', order: 1 })

  app.get(
    '/',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'listUsers',
        tags: ['users'],
        summary: 'List users',
        description:
          'Returns the users in the order in which they signed up, or by email address if `email` is given. Only for ' +
          'administrators.',
        querystring: UsersQuery,
        response: { 200: ref(Users, 'A page of users.') },
      },
    },
    async request => {
      const filter = filterOf(request.query)
      const key = filter.email === undefined ? 'id' : 'email'
      const { limit, after } =
        key === 'id' ? app.pagination.readById(request.query) : app.pagination.read(request.query)
      const rows = await listUsers(app.db, filter, limit + 1, after)
      const { results, next_cursor } = app.pagination.cut(rows, limit, row => row[key])
      return { results: results.map(app.users.serialize), next_cursor }
    },
  )
}

function filterOf({ email, access_role, disabled, email_verified }: UsersQuery): UserFilter {
  return {
    ...(email !== undefined && { email: email.toLowerCase() }),
    ...(access_role !== undefined && { access_role }),
    ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
    ...(email_verified !== undefined && { email_verified: email_verified ? 1 : 0 }),
  }
}

export default routes
