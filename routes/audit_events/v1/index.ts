import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AllAuditEventsQuery, AuditEvents } from '#schemas/audit-events.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '/',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'listAllAuditEvents',
        tags: ['users'],
        summary: "List all users' audit events",
        description:
          'Returns what happened to all accounts, newest first, including who did it. Filters can be combined. Only for ' +
          'administrators.',
        querystring: AllAuditEventsQuery,
        response: { 200: ref(AuditEvents, 'A page of audit events.') },
      },
    },
    async ({ query, user }) => app.auditEvents.listAll(query, user),
  )
}

export default routes
