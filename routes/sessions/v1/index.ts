import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '../../../schemas/common.ts'
import { ref } from '../../../schemas/ref.ts'
import { OpenedSession } from '../../../schemas/sessions.ts'
import { LoginRequest } from '../../../schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  // A login form needs no script.
  await app.register(formbody)

  app.post(
    '/',
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
          'crossSite',
          'notFound',
          'tooManyAttempts',
        ],
      },
      schema: {
        operationId: 'openBrowserSession',
        tags: ['sessions'],
        summary: 'Logs a browser in: the session is in a cookie',
        description:
          'Takes JSON or a form. Routes for users accept the cookie instead of a token; requests that change something must then come from a page of the same origin.',
        body: ref(LoginRequest),
        response: { 200: ref(OpenedSession, 'The cookie is set') },
      },
    },
    async (request, reply) => {
      app.sessionCookie.refuseOtherPages(request)
      const session = await app.login(request.body, request)
      app.sessionCookie.set(reply, session)
      return { status: 'ok' as const, user_id: session.user_id, email: session.email }
    },
  )

  app.delete(
    '/',
    {
      config: { errors: ['crossSite'] },
      schema: {
        operationId: 'closeBrowserSession',
        tags: ['sessions'],
        summary: 'Logs the browser out: the session ends at once, everywhere, and the cookie goes',
        response: { 200: ref(Ok, 'The session is over') },
      },
    },
    async (request, reply) => {
      const { user_id, sid } = request.user
      await app.sessions.end(user_id, sid, app.device(request))
      app.sessionCookie.clear(reply)
      return { status: 'ok' as const }
    },
  )
}

export default routes
