import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account/data', topic: 'account/data', order: 70 })

  app.get('', async (_request, reply) => reply.page('account/data/choice'))

  // A form: the history records it, so no link of another site may do it.
  app.post(
    '/export',
    {
      config: {
        authLimit: true,
        errorPage: () => ({ name: 'account/data/choice', data: { here: { path: '/account/data' } } }),
      },
    },
    async ({ user, client }, reply) => {
      const data = await app.personalData.export(user.user_id, user, client)
      reply.header('content-disposition', `attachment; filename="account-${user.user_id}.json"`)
      return data
    },
  )

  app.get('/deletion', { config: { stepUp: 'session' } }, async (_request, reply) =>
    reply.page('account/data/deletion'),
  )

  app.post(
    '/deletion',
    {
      config: { authLimit: true, stepUp: 'session', errorPage: () => ({ name: 'account/data/deletion' }) },
    },
    async (request, reply) => {
      const { user, client, stepUp } = request
      await app.userChanges.delete(user.user_id, user, client, stepUp)
      app.sessionCookie.clear(reply)
      return reply.redirect(app.pages.urlOf(request, '/', { done: 'deleted' }), 303)
    },
  )
}

export default routes
