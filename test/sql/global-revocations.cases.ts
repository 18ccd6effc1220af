import { findNotBefore, revokeAllSessions } from '#sql/global-revocations.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'global_revocations',
  small: true,
  statements: ({ db }) => ({
    findNotBefore: () => findNotBefore(db),
    revokeAllSessions: () => revokeAllSessions(db),
  }),
} satisfies SqlCases
