import { changedSessions } from '#sql/session-changes.ts'
import { DAY_MS, type SqlCases } from '../support/sql/cases.ts'

export default {
  statements: ({ db, now }) => ({
    changedSessions: async () => {
      await changedSessions(db, { within: DAY_MS })
      await changedSessions(db, { since: now - DAY_MS / 2, overlap: 10_000 })
    },
  }),
} satisfies SqlCases
