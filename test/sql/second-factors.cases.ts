import { transaction } from '#sql/connection/transaction.ts'
import { mfaMethods, removeSecondFactors, updateMfaEnabled } from '#sql/second-factors.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    mfaMethods: () => mfaMethods(db, userId(41)),
    updateMfaEnabled: () => transaction(db, tx => updateMfaEnabled(tx, userId(41))),
    removeSecondFactors: () => transaction(db, tx => removeSecondFactors(tx, userId(42))),
  }),
} satisfies SqlCases
