import { transaction } from '#sql/connection/transaction.ts'
import { currentRid, listRevokedRids, revokeHealthCards } from '#sql/health-cards.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  table: 'health_cards',
  row: n => ({ rid: `card${n}`, user_id: n % 100 === 0 ? null : userId(n) }),
  statements: ({ db }) => ({
    currentRid: async () => {
      for (const n of [51, 100]) await transaction(db, tx => currentRid(tx, userId(n)))
    },
    revokeHealthCards: () => transaction(db, tx => revokeHealthCards(tx, userId(52))),
    listRevokedRids: () => listRevokedRids(db),
  }),
} satisfies SqlCases
