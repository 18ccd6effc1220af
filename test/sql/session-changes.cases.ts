import { changedSessions } from '#sql/session-changes.ts'
import { DAY_MS, type SqlCases } from '../support/sql/cases.ts'

export default {
  statements: ({ db, now }) => ({
    changedSessions: () => Array.fromAsync(changedSessions(db, now - DAY_MS)),
  }),
} satisfies SqlCases
