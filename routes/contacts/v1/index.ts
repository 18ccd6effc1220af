import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ContactRequest, Contacts, ContactsQuery, createdContact } from '#schemas/contacts.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { contacts } = app
  app.openapi.tag({ name: 'contacts', description: "A user's address book." })

  app.get(
    '/',
    {
      config: { scopes: ['contacts:read'] },
      onRequest: contacts.limits.search,
      schema: {
        operationId: 'listContacts',
        tags: ['contacts'],
        summary: 'List and search contacts',
        description: 'Returns the contacts of the user. `CONTACTS_RATE_LIMIT_MAX` limits how often.',
        querystring: ContactsQuery,
        response: { 200: ref(Contacts, 'A page of contacts.') },
      },
    },
    async request => contacts.list(request.user.user_id, request.query),
  )

  app.post(
    '/',
    {
      config: { scopes: ['contacts:write'], errors: ['contactEmpty', 'tooManyContacts', 'userNotFound'] },
      onRequest: contacts.limits.create,
      schema: {
        operationId: 'createContact',
        tags: ['contacts'],
        summary: 'Create a contact',
        description: 'Adds a contact of the user. `CONTACTS_RATE_LIMIT_MAX` limits how often.',
        body: ref(ContactRequest),
        response: { 201: createdContact },
      },
    },
    async (request, reply) => {
      const contact = await contacts.create(request.user.user_id, request.body)
      reply.code(201).header('location', `${app.config.PUBLIC_URL}/contacts/v1/${contact.id}`)
      reply.header('etag', `"${contact.version}"`)
      return contact
    },
  )
}

export default routes
