import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ExportedCards, ExportQuery } from '#schemas/contacts.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { scopes: ['contacts:read'] },
      onRequest: app.contacts.limits.export,
      // A HEAD would read everything for nothing.
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportContacts',
        tags: ['contacts'],
        summary: 'Export contacts',
        description:
          'Returns all contacts as a file of vCards. Imported again, it changes nothing, or restores what was deleted. ' +
          '`CONTACTS_RATE_LIMIT_MAX` limits how often.',
        querystring: ExportQuery,
        response: { 200: ExportedCards },
      },
    },
    async ({ user, query }, reply) => {
      reply.header('content-disposition', 'attachment; filename="contacts.vcf"')
      reply.type('text/vcard; charset=utf-8')
      return reply.send(app.contacts.export(user.user_id, query.version ?? '4.0'))
    },
  )
}

export default routes
