import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { User } from '#schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { beforeMfa: true, errors: ['userNotFound'] },
      schema: {
        operationId: 'getMe',
        tags: ['users'],
        summary: 'Get the current user',
        description: 'Returns the user to whom the access token or the session cookie belongs.',
        response: { 200: ref(User, 'The user.') },
      },
    },
    async request => app.users.get(request.user.user_id),
  )
}

export default routes
