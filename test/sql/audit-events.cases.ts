import { addAuditEvent, addAuditEvents, forgetAuditEvents, listAuditEvents } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'audit_events',
  row: (n, now) => ({
    id: uuid(n),
    user_id: userId(n % 1000),
    actor_id: n % 50 === 0 ? userId(n % 7) : null,
    kind: n % 90 === 0 ? 'disabled' : 'logged-in',
    session_id: null,
    user_agent: null,
    ip: null,
    created_at: n % 100 === 0 ? now - 400 * DAY_MS : now,
  }),
  statements: ({ db, now }) => ({
    addAuditEvents: () =>
      addAuditEvents(db, [
        { kind: 'session-ended', user_id: userId(4), session_id: null, user_agent: null, ip: '192.0.2.1' },
      ]),
    addAuditEvent: () =>
      addAuditEvent(db, { kind: 'logged-in', user_id: userId(4), session_id: null, user_agent: null, ip: '192.0.2.1' }),
    listAuditEvents: async () => {
      const period = { from: now - DAY_MS, to: now }
      const logins = { user_id: userId(4), kind: 'logged-in' }
      for (const filter of [{}, { user_id: userId(4) }, { actor_id: userId(5) }, { kind: 'disabled' }, logins, period])
        for (const before of [undefined, uuid(5)]) await listAuditEvents(db, filter, 20, before)
    },
    forgetAuditEvents: () => transaction(db, tx => forgetAuditEvents(tx, userId(27))),
  }),
} satisfies SqlCases
