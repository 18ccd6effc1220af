import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LOGIN_ERRORS } from '#schemas/errors.ts'
import { LoginRequest } from '#schemas/login.ts'
import { LoginOutcome } from '#schemas/mfa.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        withPassword: true,
        errors: LOGIN_ERRORS,
      },
      schema: {
        operationId: 'login',
        tags: ['users'],
        summary: 'Opens a session and answers its tokens, or asks for the second factor',
        description:
          'An unknown e-mail and a wrong password are the same `not-found`. Who has a second factor is answered an `mfa_token` and no tokens.',
        body: ref(LoginRequest),
        response: { 200: ref(LoginOutcome, 'The tokens of a new session, or the way to them') },
      },
    },
    async request => {
      const outcome = await app.login.byPassword(request.body, request.client)
      if ('mfa_token' in outcome) return outcome
      return { ...app.sessions.tokensOf(outcome), email: outcome.email }
    },
  )
}

export default routes
