import { transaction } from '#sql/connection/transaction.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    invalidateEmailTokens: () => transaction(db, tx => invalidateEmailTokens(tx, userId(14))),
  }),
} satisfies SqlCases
