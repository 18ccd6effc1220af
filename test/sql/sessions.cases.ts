import { transaction } from '#sql/connection/transaction.ts'
import {
  advanceGeneration,
  bumpGeneration,
  endGrace,
  findClientOf,
  findSession,
  hasSessionFromIp,
  insertSession,
  noteSession,
  recordReauthentication,
  revokeSession,
  type SessionWithUser,
  touchSession,
} from '#sql/sessions.ts'
import { DAY_MS, emailOf, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'sessions',
  row: (n, now) => ({
    id: uuid(n),
    user_id: userId(n),
    generation: 1 + (n % 3),
    first_generation: 1,
    created_at: now - 9 * DAY_MS,
    rotated_at: now,
    expires_at: n % 60 === 0 ? now - 3 * DAY_MS : now + 30 * DAY_MS,
    revoked_at: n % 40 === 0 ? now - 3 * DAY_MS : null,
    changed_at: n % 40 === 0 ? now : now - 2 * DAY_MS,
    user_agent: null,
    ip: '192.0.2.1',
  }),
  statements({ db }) {
    const session = async () => (await findSession(db, uuid(17))) as SessionWithUser
    return {
      insertSession: () =>
        transaction(db, tx =>
          insertSession(tx, { user_id: userId(16), lifetime: DAY_MS, user_agent: null, ip: '192.0.2.1' }),
        ),
      findClientOf: () => findClientOf(db, uuid(41)),
      findSession: () => session(),
      advanceGeneration: async () => advanceGeneration(db, await session()),
      touchSession: async () => touchSession(db, await session()),
      bumpGeneration: () => transaction(db, tx => bumpGeneration(tx, uuid(18), userId(18))),
      endGrace: () => transaction(db, tx => endGrace(tx, uuid(18))),
      recordReauthentication: () =>
        transaction(db, async tx => {
          const bumped = await bumpGeneration(tx, uuid(22), userId(22))
          if (bumped) await recordReauthentication(tx, bumped, 'pwd')
        }),
      revokeSession: () => transaction(db, tx => revokeSession(tx, uuid(19), userId(19))),
      noteSession: () => transaction(db, async tx => noteSession(tx, 'created', { id: uuid(19), user_id: userId(19) })),
      hasSessionFromIp: () => hasSessionFromIp(db, emailOf(21), '192.0.2.1'),
    }
  },
} satisfies SqlCases
