import { transaction } from '#sql/connection/transaction.ts'
import { countResetAttempt, deleteResetCode, putResetCode } from '#sql/reset-codes.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'reset_codes',
  row: (n, now) => ({
    user_id: userId(n),
    outbox_id: uuid(n),
    attempts: 0,
    expires_at: n % 30 === 0 ? now - 1 : now + DAY_MS,
  }),
  statements: ({ db, now }) => ({
    putResetCode: () =>
      transaction(db, tx =>
        putResetCode(tx, {
          user_id: userId(15),
          outbox_id: uuid(15),
          expires_at: now + DAY_MS,
        }),
      ),
    countResetAttempt: () => transaction(db, tx => countResetAttempt(tx, userId(15))),
    deleteResetCode: () => transaction(db, tx => deleteResetCode(tx, userId(15))),
  }),
} satisfies SqlCases
