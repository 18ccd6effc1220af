import { forgetUsedTokens } from '#sql/used-refresh-tokens.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({ forgetUsedTokens: () => forgetUsedTokens(db, 10_000) }),
} satisfies SqlCases
