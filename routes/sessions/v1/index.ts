import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { BrowserLoginOutcome, BrowserLoginQuery, OpenedSession } from '#schemas/sessions.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({
    name: 'sessions',
    description: 'Log in with a cookie, and manage the devices that are logged in.',
    order: 2,
  })

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
          querystring: BrowserLoginQuery,
          response: {
            200: oneFactor
              ? ref(BrowserLoginOutcome, 'The session cookie is set, or a second factor is required.')
              : ref(OpenedSession, 'The session cookie is set.'),
          },
        },
      },
      async (request, reply) => {
        const outcome = await run(request.body, request.client)
        if ('mfa_token' in outcome) return outcome
        await app.browserLogin(request, reply, outcome, { remember: request.query.remember !== false })
        const { user_id, email, password_change_advised } = outcome
        return { status: 'ok' as const, user_id, email, ...(password_change_advised && { password_change_advised }) }
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
        summary: 'Log out a browser',
        description: 'Ends the session immediately, on every instance, and deletes the cookie.',
        response: { 200: ref(Ok, 'The session has ended.') },
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
