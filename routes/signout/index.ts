import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public' },
    },
    async (_request, reply) => reply.page('signout/confirm'),
  )

  app.post(
    '',
    {
      config: { access: 'public', authLimit: false },
    },
    async (request, reply) => {
      // Signing out twice, or after the session has ended, is no error.
      const caller = await app.access.visitor(request, reply)
      if (caller) await app.sessions.end(caller.user_id, caller.sid, request.client)
      app.sessionCookie.clear(reply)
      return reply.redirect(app.pages.urlOf(request, '/', { done: 'signed-out' }), 303)
    },
  )
}

export default routes
