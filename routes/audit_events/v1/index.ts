import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AllAuditEventsQuery, AuditEvents } from '#schemas/audit-events.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import type { AuditEventFilter } from '#sql/audit-events.ts'

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
    async ({ query, user }) => app.auditEvents.list(filterOf(query), query, user),
  )
}

function filterOf({ user_id, actor_id, kind, from, to }: AllAuditEventsQuery): AuditEventFilter {
  return {
    ...(user_id !== undefined && { user_id }),
    ...(actor_id !== undefined && { actor_id }),
    ...(kind !== undefined && { kind }),
    ...(from !== undefined && { from: timeOf('from', from) }),
    ...(to !== undefined && { to: timeOf('to', to) }),
  }
}

/** @throws requestInvalid for what the format allows and `Date` does not read: a leap second, an offset in hours alone */
function timeOf(field: string, text: string): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw errors.requestInvalid({
    details: { in: 'querystring', field, problem: 'must be a time such as 2026-05-25T12:00:00Z' },
  })
}

export default routes
