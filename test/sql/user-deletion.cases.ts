import { transaction } from '#sql/connection/transaction.ts'
import { deleteUser, listUnused } from '#sql/user-deletion.ts'
import { DAY_MS, type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  statements: ({ db, now }) => ({
    listUnused: () => listUnused(db, now - 30 * DAY_MS, 100),
    deleteUser: () => transaction(db, tx => deleteUser(tx, userId(26))),
  }),
} satisfies SqlCases
