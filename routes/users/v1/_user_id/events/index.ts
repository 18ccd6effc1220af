import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditEvents, AuditEventsQuery } from '#schemas/audit-events.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { UserParams } from '#schemas/users.ts'
import { listAuditEvents } from '#sql/audit-events.ts'
import { findUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'listAuditEvents',
        tags: ['users'],
        summary: 'List audit events',
        description:
          'Returns the security history of the account, newest first. Users can read their own; administrators can read ' +
          "everyone's.",
        params: UserParams,
        querystring: AuditEventsQuery,
        response: { 200: ref(AuditEvents, 'A page of audit events.') },
      },
    },
    async request => {
      const { user_id } = request.params
      if (!(await findUser(app.db, user_id))) throw errors.notFound()
      const { limit, after } = app.pagination.read(request.query)
      const { results, next_cursor } = app.pagination.cut(
        await listAuditEvents(app.db, { user_id }, limit + 1, after),
        limit,
        row => row.id,
      )
      return { results: results.map(event => app.auditEvents.serialize(event, request.user)), next_cursor }
    },
  )
}

export default routes
