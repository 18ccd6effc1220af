import { transaction } from '#sql/connection/transaction.ts'
import { noteUserChanges } from '#sql/user-changes.ts'
import { findUser, type User } from '#sql/users.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    async noteUserChanges() {
      const before = { ...((await findUser(db, userId(22))) as User), first_name: 'Leia' }
      await transaction(db, tx => noteUserChanges(tx, before))
    },
  }),
} satisfies SqlCases
