import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { EmailForm } from '#schemas/hosted-pages.ts'
import { findPendingEmailOf } from '#sql/personal-data.ts'

const PATH = '/account/email'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'account/email', order: 15 })

  const form = async ({ user }: FastifyRequest) => ({
    name: 'account/email/form',
    data: { pending: await findPendingEmailOf(app.db, user.user_id), here: { path: PATH } },
  })

  app.get('', { config: { stepUp: 'session' } }, async (request, reply) =>
    reply.page({ ...(await form(request)), live: { channels: ['person'] } }),
  )

  app.post(
    '',
    {
      config: { authLimit: true, stepUp: 'session', errorPage: (_code, request) => form(request) },
      schema: { body: EmailForm },
    },
    async (request, reply) => {
      await app.emailChanges.request(request.user, request.body.email, request.client, request.stepUp)
      return reply.redirect(app.pages.urlOf(request, PATH, { done: 'mailed' }), 303)
    },
  )

  app.post('/cancel', { config: { errorPage: (_code, request) => form(request) } }, async (request, reply) => {
    await app.emailChanges.cancel(request.user, request.client)
    return reply.redirect(app.pages.urlOf(request, PATH, { done: 'canceled' }), 303)
  })
}

export default routes
