import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LoginAnswer } from '#schemas/login.ts'
import { RecoveryCodeLogin } from '#schemas/mfa.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: ['recoveryCodeInvalid', 'tokenInvalid', 'tokenExpired', 'accountDisabled', 'userAlreadyLoggedIn'],
      },
      schema: {
        operationId: 'finishLoginByRecoveryCode',
        tags: ['users'],
        summary: 'Finishes a login by a recovery code',
        description: 'For who has lost the app. The code is used up, and a notice is mailed.',
        body: ref(RecoveryCodeLogin),
        response: { 200: ref(LoginAnswer, 'The tokens of a new session') },
      },
    },
    async request => {
      const session = await app.login.byRecoveryCode(request.body, request.client)
      return { ...app.sessions.tokensOf(session), email: session.email }
    },
  )
}

export default routes
