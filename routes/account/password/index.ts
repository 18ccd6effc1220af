import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PasswordForm } from '#schemas/hosted-pages.ts'
import { findUser, NO_PASSWORD } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages } = app
  app.console.section({ path: '/account/password', topic: 'account/password', order: 20 })

  app.get('', async (request, reply) => {
    const user = await findUser(app.db, request.user.user_id)
    if (user?.password_hash === NO_PASSWORD) return reply.page('account/password/none')
    // Before anything is typed.
    await app.stepUp.verify(request)
    return reply.page('account/password/form')
  })

  app.get('/changed', async (_request, reply) => reply.page('account/password/changed'))

  app.post(
    '',
    {
      config: { authLimit: true, stepUp: 'session', errorPage: () => ({ name: 'account/password/form' }) },
      schema: { body: PasswordForm },
    },
    async (request, reply) => {
      const { user, client, body, stepUp } = request
      const change = await app.preparePasswordChange(user, body.new_password, client)
      app.sessionCookie.set(reply, await change(stepUp), user)
      return reply.redirect(pages.urlOf(request, '/account/password/changed'), 303)
    },
  )

  app.post(
    '/link',
    {
      config: {
        authLimit: true,
        errorPage: () => ({ name: 'account/password/none', data: { here: { path: '/account/password' } } }),
      },
    },
    async (request, reply) => {
      const { email } = await app.users.get(request.user.user_id)
      await app.mailer.request('password-forgotten', email)
      return reply.redirect(pages.urlOf(request, '/account/password', { done: 'mailed' }), 303)
    },
  )
}

export default routes
