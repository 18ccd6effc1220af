import type { SqlCases } from '../support/sql/cases.ts'

export default {
  statements: ({ app }) => ({
    // What the plugins and routes of the running service have added.
    deleteExpired: () => app.cleanUp.run(),
  }),
} satisfies SqlCases
