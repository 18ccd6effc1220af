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
        summary: "The caller's own user",
        response: { 200: ref(User, 'The user') },
      },
    },
    async request => app.users.get(request.user.user_id),
  )
}

export default routes
