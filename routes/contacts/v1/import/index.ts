import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CARD_TYPES, CardBody, ImportedContacts } from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { config, contacts, uploads } = app
  const maxBytes = config.CONTACTS_IMPORT_MAX_BYTES
  uploads.accept(app, { field: 'file', types: CARD_TYPES, maxBytes, tooLarge: errors.contactsFileTooLarge })

  app.post(
    '',
    {
      config: { scopes: ['contacts:write'], errors: ['vcardInvalid', 'contactsFileTooLarge', 'userNotFound'] },
      // Before anything of the body is read.
      onRequest: contacts.limits.create,
      schema: {
        operationId: 'importContacts',
        tags: ['contacts'],
        summary: 'Import contacts',
        description:
          'Adds the contacts of a file of vCards (4.0, 3.0 and 2.1), at most `CONTACTS_IMPORT_MAX_BYTES` long. A card whose `UID` the user has already ' +
          'updates that contact: what it does not say is kept. One without a `UID` is recognized by its content, so a file that is imported twice adds ' +
          'nothing. The preferred, or else the first, of several addresses and numbers is kept; pictures are not. Cards that cannot be read are named ' +
          'by their line, and the others are in.',
        body: CardBody,
        response: { 200: ref(ImportedContacts, 'What has become of the cards.') },
      },
    },
    async ({ user, upload }) => contacts.import(user.user_id, upload),
  )
}

export default routes
