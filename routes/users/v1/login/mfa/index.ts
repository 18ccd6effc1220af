import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LoginAnswer } from '#schemas/login.ts'
import { OtpLogin } from '#schemas/mfa.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: [
          'otpInvalid',
          'tokenInvalid',
          'tokenExpired',
          'accountDisabled',
          'userAlreadyLoggedIn',
          'tooManyAttempts',
        ],
      },
      schema: {
        operationId: 'finishLogin',
        tags: ['users'],
        summary: 'Finishes a login by a one-time password',
        description: 'An `mfa_token` allows five guesses, an account ten an hour.',
        body: ref(OtpLogin),
        response: { 200: ref(LoginAnswer, 'The tokens of a new session') },
      },
    },
    async request => {
      const session = await app.login.byOtp(request.body, request.client)
      return { ...app.sessions.tokensOf(session), email: session.email }
    },
  )
}

export default routes
