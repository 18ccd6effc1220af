import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Ok } from '#schemas/common.ts'
import { type Contact, ContactParams, ContactRequest, contactResponse, IfMatch } from '#schemas/contacts.ts'
import type { ErrorName } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { versionsIn } from './if-match.ts'

const CHANGE_ERRORS: ErrorName[] = ['notFound', 'preconditionFailed', 'contactEmpty']

const routes: FastifyPluginAsyncTypebox = async app => {
  const { contacts } = app

  app.get(
    '',
    {
      config: { scopes: ['contacts:read'], errors: ['notFound'] },
      schema: {
        operationId: 'getContact',
        tags: ['contacts'],
        summary: 'Get a contact',
        params: ContactParams,
        response: { 200: contactResponse('The contact.') },
      },
    },
    async ({ user, params }, reply) => send(reply, await contacts.read(user.user_id, params.contact_id)),
  )

  const changed = {
    tags: ['contacts'],
    params: ContactParams,
    headers: IfMatch,
    body: ref(ContactRequest),
    response: { 200: contactResponse('The contact, and its new version.') },
  }
  const config = { scopes: ['contacts:write'], errors: CHANGE_ERRORS }

  app.put(
    '',
    {
      config,
      schema: {
        ...changed,
        operationId: 'replaceContact',
        summary: 'Replace a contact',
        description: 'Fields that are left out are cleared.',
      },
    },
    async ({ user, params, body, headers }, reply) =>
      send(reply, await contacts.replace(user.user_id, params.contact_id, body, versionsIn(headers['if-match']))),
  )

  app.patch(
    '',
    {
      config,
      schema: {
        ...changed,
        operationId: 'changeContact',
        summary: 'Update a contact',
        description: 'Changes the given fields and keeps the others; `null` clears a field.',
      },
    },
    async ({ user, params, body, headers }, reply) =>
      send(reply, await contacts.change(user.user_id, params.contact_id, body, versionsIn(headers['if-match']))),
  )

  app.delete(
    '',
    {
      config: { scopes: ['contacts:write'], errors: ['notFound', 'preconditionFailed'] },
      schema: {
        operationId: 'deleteContact',
        tags: ['contacts'],
        summary: 'Delete a contact',
        params: ContactParams,
        headers: IfMatch,
        response: { 200: ref(Ok, 'The contact is deleted.') },
      },
    },
    async ({ user, params, headers }) => {
      await contacts.delete(user.user_id, params.contact_id, versionsIn(headers['if-match']))
      return { status: 'ok' as const }
    },
  )
}

function send(reply: FastifyReply, contact: Contact): Contact {
  reply.header('etag', `"${contact.version}"`)
  return contact
}

export default routes
