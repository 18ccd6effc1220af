import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ContactForm, contactIn } from '#schemas/contact-pages.ts'

const FORM = { name: 'account/contacts/form', data: { path: '/account/contacts/new' } }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', async (_request, reply) => reply.page(FORM))

  app.post('', { config: { errorPage: () => FORM }, schema: { body: ContactForm } }, async (request, reply) => {
    await app.contacts.limits.create(request)
    await app.contacts.create(request.user.user_id, contactIn(request.body))
    return reply.redirect(app.pages.urlOf(request, '/account/contacts', { done: 'created' }), 303)
  })
}

export default routes
