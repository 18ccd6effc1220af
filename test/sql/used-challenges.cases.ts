import { transaction } from '#sql/connection/transaction.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'
import { DAY_MS, type SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'used_challenges',
  row: (n, now) => ({
    id: String(n).padStart(32, '0'),
    expires_at: n % 30 === 0 ? now - 3 * DAY_MS : now + DAY_MS,
  }),
  statements: ({ db, now }) => ({
    consumeChallenge: () => transaction(db, tx => consumeChallenge(tx, { id: 'f'.repeat(32), expires_at: now })),
  }),
} satisfies SqlCases
