import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { EmailForm } from '#schemas/hosted-pages.ts'
import { findPendingEmailOf } from '#sql/personal-data.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account/email', topic: 'account/email', order: 15 })

  const form = async ({ user }: FastifyRequest) => ({
    name: 'account/email/form',
    data: { pending: await findPendingEmailOf(app.db, user.user_id) },
  })

  app.get('', { config: { stepUp: 'session' } }, async (request, reply) => reply.page(await form(request)))

  app.post(
    '',
    {
      config: { authLimit: true, stepUp: 'session', errorPage: (_code, request) => form(request) },
      schema: { body: EmailForm },
    },
    async (request, reply) => {
      await app.changeEmail(request.user, request.body.email, request.client, request.stepUp)
      return reply.redirect(app.pages.urlOf(request, '/account/email', { done: 'mailed' }), 303)
    },
  )
}

export default routes
