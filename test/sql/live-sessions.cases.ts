import { transaction } from '#sql/connection/transaction.ts'
import {
  findLiveSession,
  isLoggedIn,
  leastRecentlyUsed,
  listSessions,
  listSessionsWith,
  lockUnrevoked,
  revokeSessions,
} from '#sql/live-sessions.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    listSessions: () => listSessions(db, userId(20), DAY_MS, 10, uuid(50)),
    listSessionsWith: () => listSessionsWith(db, { user_id: userId(20), client_id: uuid(3) }, DAY_MS, 10),
    findLiveSession: () => findLiveSession(db, { id: uuid(20), user_id: userId(20) }, DAY_MS),
    isLoggedIn: () => isLoggedIn(db, userId(20), DAY_MS),
    leastRecentlyUsed: () =>
      transaction(db, tx =>
        leastRecentlyUsed(tx, { id: uuid(20), user_id: userId(20), client_id: uuid(3) }, DAY_MS, 10),
      ),
    lockUnrevoked: () => transaction(db, tx => lockUnrevoked(tx, { user_id: userId(20) })),
    revokeSessions: () => transaction(db, tx => revokeSessions(tx, userId(20), [uuid(20), uuid(21)])),
  }),
} satisfies SqlCases
