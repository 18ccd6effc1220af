import { recordAuthentication } from '#sql/oauth-grants.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    recordAuthentication: () => recordAuthentication(db, uuid(3), { auth_time: 1, amr: 'pwd' }),
  }),
} satisfies SqlCases
