import { transaction } from '#sql/connection/transaction.ts'
import {
  addLogout,
  addLogoutsOfClient,
  claimLogout,
  deleteLogout,
  listDueLogouts,
  type OAuthLogout,
  postponeLogout,
  postponeLogoutsOf,
} from '#sql/oauth-logouts.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

const target = { uri: 'https://news.example/logout', alg: 'EdDSA' }

export default {
  table: 'oauth_logouts',
  row: (n, now) => ({
    session_id: uuid(n),
    client_id: uuid(n % 50),
    user_id: userId(n),
    ...target,
    created_at: now,
    // The worker sends what is due.
    due_at: now + DAY_MS + n,
  }),
  statements({ db, now }) {
    const read = async (n: number) =>
      (await db
        .selectFrom('oauth_logouts')
        .selectAll()
        .where('session_id', '=', uuid(n))
        .executeTakeFirst()) as OAuthLogout
    return {
      addLogout: () =>
        transaction(db, tx => addLogout(tx, { id: uuid(1_000_060), client_id: uuid(1), user_id: userId(60) }, target)),
      addLogoutsOfClient: () => transaction(db, tx => addLogoutsOfClient(tx, uuid(61), target)),
      listDueLogouts: () => listDueLogouts(db, now + 10, 5),
      claimLogout: async () => claimLogout(db, await read(62), now + 1_000_000),
      deleteLogout: async () => deleteLogout(db, await read(63)),
      postponeLogout: async () => postponeLogout(db, await read(64), now + 1_000_000),
      postponeLogoutsOf: () => postponeLogoutsOf(db, uuid(5), now + 1_000_000),
    }
  },
} satisfies SqlCases
