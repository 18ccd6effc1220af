import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PasskeyLogin } from '#schemas/passkeys.ts'
import { ref } from '#schemas/ref.ts'
import { OpenedSession } from '#schemas/sessions.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: ['passkeyRefused', 'accountDisabled', 'emailUnverified', 'userAlreadyLoggedIn', 'crossSite'],
      },
      schema: {
        operationId: 'openBrowserSessionByPasskey',
        tags: ['sessions'],
        summary: 'Logs a browser in by a passkey alone: the session is in a cookie',
        description: 'The options come from `POST /users/v1/login/passkey/options`.',
        body: ref(PasskeyLogin),
        response: { 200: ref(OpenedSession, 'The cookie is set') },
      },
    },
    async (request, reply) => {
      app.sessionCookie.refuseOtherPages(request)
      const session = await app.login.byPasskey(request.body.credential, request.client)
      app.sessionCookie.set(reply, session)
      return { status: 'ok' as const, user_id: session.user_id, email: session.email }
    },
  )
}

export default routes
