import { transaction } from '#sql/connection/transaction.ts'
import { deleteGrant, findEndedGrants, listEndedGrants } from '#sql/ended-grants.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

export default {
  statements: ({ db, now }) => ({
    findEndedGrants: () => findEndedGrants(db, [uuid(50), uuid(51)]),
    listEndedGrants: async () => {
      await listEndedGrants(db, now, 100)
      await listEndedGrants(db, undefined, 100)
    },
    deleteGrant: () => transaction(db, tx => deleteGrant(tx, uuid(52))),
  }),
} satisfies SqlCases
