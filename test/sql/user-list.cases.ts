import { listUsers } from '#sql/user-list.ts'
import { emailOf, type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    listUsers: async () => {
      for (const after of [undefined, userId(900)])
        for (const filter of [
          {},
          { access_role: 'admin' as const },
          { access_role: 'basic' as const, disabled: 0 as const },
          { disabled: 1 as const },
          { email_verified: 0 as const },
        ])
          await listUsers(db, filter, 20, after)
      for (const after of [undefined, emailOf(15)]) await listUsers(db, { email: 'user1' }, 20, after)
    },
  }),
} satisfies SqlCases
