import { findPendingEmailOf, listMailsOf, listSessionsOf } from '#sql/personal-data.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    listSessionsOf: () => listSessionsOf(db, userId(30), 100),
    listMailsOf: () => listMailsOf(db, userId(30), 100),
    findPendingEmailOf: () => findPendingEmailOf(db, userId(30)),
  }),
} satisfies SqlCases
