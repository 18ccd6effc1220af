import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LoginMethods } from '#schemas/login-methods.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  if (!app.linkedLogins.enabled) return

  app.get(
    '',
    {
      config: { errors: ['userNotFound'] },
      schema: {
        operationId: 'listLoginMethods',
        tags: ['users'],
        summary: 'List the ways to log in',
        description:
          "Returns the caller's ways to log in: the password if there is one, passkeys, and linked providers.",
        response: { 200: ref(LoginMethods, 'The ways to log in.') },
      },
    },
    async request => ({ results: await app.linkedLogins.list(request.user.user_id) }),
  )
}

export default routes
