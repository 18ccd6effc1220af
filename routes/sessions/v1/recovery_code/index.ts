import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RecoveryCodeLogin } from '#schemas/mfa.ts'
import { ref } from '#schemas/ref.ts'
import { OpenedSession } from '#schemas/sessions.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  // A login form needs no script.
  await app.register(formbody)

  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: [
          'recoveryCodeInvalid',
          'tokenInvalid',
          'tokenExpired',
          'accountDisabled',
          'userAlreadyLoggedIn',
          'crossSite',
        ],
      },
      schema: {
        operationId: 'finishBrowserLoginByRecoveryCode',
        tags: ['sessions'],
        summary: "Finishes a browser's login by a recovery code",
        description: 'For who has lost the app. The code is used up, and a notice is mailed.',
        body: ref(RecoveryCodeLogin),
        response: { 200: ref(OpenedSession, 'The cookie is set') },
      },
    },
    async (request, reply) => {
      app.sessionCookie.refuseOtherPages(request)
      const session = await app.login.byRecoveryCode(request.body, request.client)
      app.sessionCookie.set(reply, session)
      return { status: 'ok' as const, user_id: session.user_id, email: session.email }
    },
  )
}

export default routes
