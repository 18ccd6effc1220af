import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CardPageBody } from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'

const FORM = { name: 'account/contacts/import' }

const routes: FastifyPluginAsyncTypebox = async app => {
  const { config, contacts, uploads } = app
  const maxBytes = config.CONTACTS_IMPORT_MAX_BYTES
  uploads.accept(app, { field: 'file', types: [], maxBytes, tooLarge: errors.contactsFileTooLarge })

  app.get('', async (_request, reply) => reply.page(FORM))

  app.post(
    '',
    { config: { errorPage: () => FORM }, onRequest: contacts.limits.create, schema: { body: CardPageBody } },
    // Not a redirect: what could not be read is said once. Sent again, the file changes nothing.
    async ({ user, upload }, reply) =>
      reply.page('account/contacts/imported', await contacts.import(user.user_id, upload)),
  )
}

export default routes
