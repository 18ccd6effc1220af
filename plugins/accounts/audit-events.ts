// app.auditEvents: the security history as the API returns it; deleted after EVENTS_KEPT_DAYS. Changes of an account write it, in the same transaction.
import type { Static } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { AllAuditEventsQuery, AuditEvent, AuditEvents } from '#schemas/audit-events.ts'
import { errors } from '#schemas/errors.ts'
import type { PagingQuery } from '#schemas/pages.ts'
import { type AuditEventFilter, type ListedAuditEvent, listAuditEvents } from '#sql/audit-events.ts'
import { DAY_MS } from '#sql/expired-rows.ts'
import type { AccessClaims } from '../auth/tokens/claims.ts'

declare module 'fastify' {
  interface FastifyInstance {
    auditEvents: {
      /** A page of them, newest first. @throws requestInvalid for an unknown cursor */
      list(filter: AuditEventFilter, query: PagingQuery, reader: Reader): Promise<Static<typeof AuditEvents>>
      /** The same of all users, as an administrator filters them. @throws requestInvalid also for a time that is none */
      listAll(query: AllAuditEventsQuery, reader: Reader): Promise<Static<typeof AuditEvents>>
      serialize(event: ListedAuditEvent, reader: Reader): Static<typeof AuditEvent>
    }
  }
}

/** Administrators see where other administrators were, users see where they were themselves. */
type Reader = Pick<AccessClaims, 'user_id' | 'access_role'>

export default fp(
  async app => {
    app.cleanUp.add({
      table: 'audit_events',
      key: 'id',
      time: 'created_at',
      retentionMs: app.config.EVENTS_KEPT_DAYS * DAY_MS,
    })
    const list = lister(app)
    app.decorate('auditEvents', {
      list,
      listAll: (query, reader) => list(filterOf(query), query, reader),
      serialize,
    })
  },
  { name: 'audit-events', dependencies: ['clean-up', 'config', 'db', 'pagination'] },
)

function lister({ db, pagination }: FastifyInstance): FastifyInstance['auditEvents']['list'] {
  return async (filter, query, reader) => {
    const { limit, after } = pagination.read(query)
    const rows = await listAuditEvents(db, filter, limit + 1, after)
    const { results, next_cursor } = pagination.cut(rows, limit, row => row.id)
    return { results: results.map(event => serialize(event, reader)), next_cursor }
  }
}

function serialize(
  {
    id,
    user_id,
    actor_id,
    kind,
    created_at,
    session_id,
    client_id,
    application_name,
    ip,
    user_agent,
  }: ListedAuditEvent,
  reader: Reader,
): Static<typeof AuditEvent> {
  const isForeign = actor_id !== null && actor_id !== reader.user_id && reader.access_role !== 'admin'
  const device = isForeign ? { ip: null, device: null } : { ip, device: user_agent }
  const time = new Date(created_at).toISOString()
  return { id, user_id, actor_id, kind, time, session_id, client_id, application_name, ...device }
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
export function timeOf(field: string, text: string): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw errors.requestInvalid({
    details: { in: 'querystring', field, problem: 'must be a time such as 2026-05-25T12:00:00Z' },
  })
}
