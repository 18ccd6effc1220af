import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ContactDeletionForm, ContactForm, contactIn, versionsIn } from '#schemas/contact-pages.ts'
import { ContactParams } from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'

const schema = { params: ContactParams }

const routes: FastifyPluginAsyncTypebox = async app => {
  const { contacts, pages } = app

  app.get('', { schema }, async (request, reply) =>
    reply.page({ ...(await form(request)), live: { channels: ['contact'] } }),
  )

  app.post(
    '',
    { config: { errorPage: formAfter }, schema: { ...schema, body: ContactForm } },
    async (request, reply) => {
      const { user, params, body } = request
      await contacts.replace(user.user_id, params.contact_id, contactIn(body), versionsIn(body))
      return reply.redirect(pages.urlOf(request, '/account/contacts', { done: 'saved' }), 303)
    },
  )

  app.get('/delete', { schema }, async (request, reply) => reply.page(await question(request)))

  app.post(
    '/delete',
    {
      config: {
        optionalBody: true,
        errorPage: (code, request) => (code === errors.notFound.code ? undefined : question(request)),
      },
      schema: { ...schema, body: ContactDeletionForm },
    },
    async (request, reply) => {
      const { user, params, body } = request
      await contacts.delete(user.user_id, params.contact_id, versionsIn(body))
      return reply.redirect(pages.urlOf(request, '/account/contacts', { done: 'deleted' }), 303)
    },
  )

  const read = ({ user, params }: FastifyRequest) =>
    contacts.read(user.user_id, (params as { contact_id: string }).contact_id)

  /** After another change, it is asked about what is saved by now. */
  const question = async (request: FastifyRequest) => ({
    name: 'account/contacts/deletion',
    data: { contact: await read(request) },
  })

  async function form(request: FastifyRequest, data: object = {}) {
    const contact = await read(request)
    const path = `/account/contacts/${contact.id}`
    return { name: 'account/contacts/form', data: { contact, path, version: contact.version, ...data } }
  }

  /** Another change came first: what is saved by now is shown beside what was typed, which replaces it when it is saved again. */
  async function formAfter(code: string, request: FastifyRequest) {
    if (code === errors.notFound.code) return undefined
    if (code === errors.preconditionFailed.code) return form(request, { overtaken: true })
    return form(request, { version: versionIn(request.body) })
  }
}

function versionIn(body: unknown): string {
  return typeof body === 'object' && body !== null && 'version' in body ? String(body.version) : ''
}

export default routes
