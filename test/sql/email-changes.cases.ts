import { transaction } from '#sql/connection/transaction.ts'
import { cancelEmailChange, deleteEmailChange, findEmailChange, putEmailChange } from '#sql/email-changes.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'email_changes',
  row: (n, now) => ({
    user_id: userId(n),
    outbox_id: uuid(n),
    new_email: `wanted${n}@plans.example`,
    created_at: n % 30 === 0 ? now - 9 * DAY_MS : now,
  }),
  statements: ({ db }) => ({
    putEmailChange: () =>
      transaction(db, tx =>
        putEmailChange(tx, {
          user_id: userId(1),
          new_email: 'new1@plans.example',
          outbox_id: uuid(1),
        }),
      ),
    findEmailChange: () => findEmailChange(db, userId(2), uuid(2)),
    cancelEmailChange: () => transaction(db, tx => cancelEmailChange(tx, userId(4))),
    deleteEmailChange: () => transaction(db, tx => deleteEmailChange(tx, userId(3))),
  }),
} satisfies SqlCases
