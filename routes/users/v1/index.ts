import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { Users, UsersQuery } from '#schemas/users.ts'

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
    async request => app.users.list(request.query),
  )
}

export default routes
