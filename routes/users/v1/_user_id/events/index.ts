import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditEvents, AuditEventsQuery } from '#schemas/audit-events.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { UserParams } from '#schemas/users.ts'
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
      return app.auditEvents.list({ user_id }, request.query, request.user)
    },
  )
}

export default routes
