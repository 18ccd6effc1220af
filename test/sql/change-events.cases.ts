import { addChangeEvents, forgetChangeEvents, listChangeEvents, listNewestChangeEvents } from '#sql/change-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'change_events',
  row: (n, now) => ({
    sequence: n + 1,
    id: uuid(n),
    position: n % 100 === 99 ? null : n + 1,
    type: 'person.updated',
    user_id: userId(n % 1000),
    resource_id: null,
    actor_id: null,
    data: '{}',
    created_at: n % 100 === 0 ? now - 40 * DAY_MS : now,
  }),
  statements: ({ db }) => ({
    addChangeEvents: () =>
      transaction(db, tx =>
        addChangeEvents(tx, [{ type: 'person.updated', user_id: userId(4), actor_id: null, data: {} }]),
      ),
    async listChangeEvents() {
      await listChangeEvents(db, 500, 20)
      await listChangeEvents(db, 0, 20, userId(4))
    },
    listNewestChangeEvents: () => listNewestChangeEvents(db, 50),
    forgetChangeEvents: () => transaction(db, tx => forgetChangeEvents(tx, userId(27))),
  }),
} satisfies SqlCases
