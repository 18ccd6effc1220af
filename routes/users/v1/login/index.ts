import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '../../../../schemas/ref.ts'
import { LoginAnswer, LoginRequest } from '../../../../schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: [
          'emailInvalid',
          'passwordInvalid',
          'accountDisabled',
          'emailUnverified',
          'userAlreadyLoggedIn',
          'notFound',
          'tooManyAttempts',
        ],
      },
      schema: {
        operationId: 'login',
        tags: ['users'],
        summary: 'Opens a session and answers its tokens',
        description: 'An unknown e-mail and a wrong password are the same `not-found`.',
        body: ref(LoginRequest),
        response: { 200: ref(LoginAnswer, 'The tokens of a new session') },
      },
    },
    async request => {
      const session = await app.login(request.body, request)
      return { ...app.sessions.tokensOf(session), email: session.email }
    },
  )
}

export default routes
