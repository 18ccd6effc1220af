import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { OtpLogin } from '#schemas/mfa.ts'
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
          'otpInvalid',
          'tokenInvalid',
          'tokenExpired',
          'accountDisabled',
          'userAlreadyLoggedIn',
          'tooManyAttempts',
          'crossSite',
        ],
      },
      schema: {
        operationId: 'finishBrowserLogin',
        tags: ['sessions'],
        summary: "Finishes a browser's login by a one-time password",
        description: 'An `mfa_token` allows five guesses, an account ten an hour.',
        body: ref(OtpLogin),
        response: { 200: ref(OpenedSession, 'The cookie is set') },
      },
    },
    async (request, reply) => {
      app.sessionCookie.refuseOtherPages(request)
      const session = await app.login.byOtp(request.body, request.client)
      app.sessionCookie.set(reply, session)
      return { status: 'ok' as const, user_id: session.user_id, email: session.email }
    },
  )
}

export default routes
