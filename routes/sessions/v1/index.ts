import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { LOGIN_ERRORS } from '#schemas/errors.ts'
import { LoginRequest } from '#schemas/login.ts'
import { BrowserLoginOutcome } from '#schemas/mfa.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  // A login form needs no script.
  await app.register(formbody)

  app.post(
    '/',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        withPassword: true,
        errors: [...LOGIN_ERRORS, 'crossSite'],
      },
      schema: {
        operationId: 'openBrowserSession',
        tags: ['sessions'],
        summary: 'Logs a browser in: the session is in a cookie',
        description:
          'Takes JSON or a form. Routes for users accept the cookie instead of a token; requests that change something must then come from a page of the same origin.',
        body: ref(LoginRequest),
        response: {
          200: ref(BrowserLoginOutcome, 'The cookie is set; or the second factor is asked for, and none is set'),
        },
      },
    },
    async (request, reply) => {
      app.sessionCookie.refuseOtherPages(request)
      const outcome = await app.login.byPassword(request.body, request.client)
      if ('mfa_token' in outcome) return outcome
      app.sessionCookie.set(reply, outcome)
      return { status: 'ok' as const, user_id: outcome.user_id, email: outcome.email }
    },
  )

  app.delete(
    '/',
    {
      config: { beforeMfa: true },
      schema: {
        operationId: 'closeBrowserSession',
        tags: ['sessions'],
        summary: 'Logs the browser out: the session ends at once, everywhere, and the cookie goes',
        response: { 200: ref(Ok, 'The session is over') },
      },
    },
    async (request, reply) => {
      const { user_id, sid } = request.user
      await app.sessions.end(user_id, sid, request.client)
      app.sessionCookie.clear(reply)
      return { status: 'ok' as const }
    },
  )
}

export default routes
