// app.auditEvents: the security history as the API returns it; deleted after EVENTS_KEPT_DAYS. Changes of an account write it, in the same transaction.
import type { Static } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import type { AuditEvent } from '#schemas/audit-events.ts'
import type { AuditEvent as AuditEventRow } from '#sql/audit-events.ts'
import { DAY_MS } from '#sql/expired-rows.ts'
import type { AccessClaims } from '../auth/tokens/claims.ts'

declare module 'fastify' {
  interface FastifyInstance {
    auditEvents: {
      /** @param reader administrators see where other administrators were, users see where they were themselves */
      serialize(event: AuditEventRow, reader: Pick<AccessClaims, 'user_id' | 'access_role'>): Static<typeof AuditEvent>
    }
  }
}

export default fp(
  async app => {
    app.cleanUp.add({
      table: 'audit_events',
      key: 'id',
      time: 'created_at',
      retentionMs: app.config.EVENTS_KEPT_DAYS * DAY_MS,
    })
    app.decorate('auditEvents', {
      serialize({ id, user_id, actor_id, kind, created_at, session_id, ip, user_agent }, reader) {
        const isForeign = actor_id !== null && actor_id !== reader.user_id && reader.access_role !== 'admin'
        const device = isForeign ? { ip: null, device: null } : { ip, device: user_agent }
        return { id, user_id, actor_id, kind, time: new Date(created_at).toISOString(), session_id, ...device }
      },
    })
  },
  { name: 'audit-events', dependencies: ['clean-up', 'config'] },
)
