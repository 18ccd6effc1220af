import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { BrowserLoginOutcome, OpenedSession } from '#schemas/sessions.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'sessions', description: 'Devices, and the sessions of browsers', order: 2 })

  // Every way to log in, answered with a cookie.
  for (const { path, body, errors, withPassword = false, oneFactor, cookie, run } of app.login.ways) {
    app.post(
      path || '/',
      {
        config: { access: 'public', withPassword, errors: [...errors, 'crossSite'] },
        schema: {
          ...cookie,
          tags: ['sessions'],
          body: ref(body),
          response: {
            200: oneFactor
              ? ref(BrowserLoginOutcome, 'The cookie is set; or the second factor is asked for, and none is set')
              : ref(OpenedSession, 'The cookie is set'),
          },
        },
      },
      async (request, reply) => {
        const outcome = await run(request.body, request.client)
        if ('mfa_token' in outcome) return outcome
        app.sessionCookie.set(reply, outcome)
        return { status: 'ok' as const, user_id: outcome.user_id, email: outcome.email }
      },
    )
  }

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
