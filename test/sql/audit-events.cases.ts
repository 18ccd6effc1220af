import { addAuditEvent, listAuditEvents } from '#sql/audit-events.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'audit_events',
  row: (n, now) => ({
    id: uuid(n),
    user_id: userId(n % 1000),
    kind: 'logged-in',
    session_id: null,
    user_agent: null,
    ip: null,
    created_at: n % 100 === 0 ? now - 400 * DAY_MS : now,
  }),
  statements: ({ db }) => ({
    addAuditEvent: () =>
      addAuditEvent(db, { kind: 'logged-in', user_id: userId(4), session_id: null, user_agent: null, ip: '192.0.2.1' }),
    listAuditEvents: async () => {
      await listAuditEvents(db, userId(4), 20)
      await listAuditEvents(db, userId(4), 20, uuid(5))
    },
  }),
} satisfies SqlCases
