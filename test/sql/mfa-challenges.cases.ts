import { transaction } from '#sql/connection/transaction.ts'
import {
  consumeMfaChallenge,
  countMfaAttempt,
  deleteMfaChallenges,
  findMfaChallenge,
  insertMfaChallenge,
} from '#sql/mfa-challenges.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'mfa_challenges',
  row: (n, now) => ({
    id: uuid(n),
    user_id: userId(n),
    attempts: 0,
    expires_at: n % 30 === 0 ? now - 3 * DAY_MS : now + DAY_MS,
  }),
  statements: ({ db, now }) => ({
    insertMfaChallenge: () =>
      insertMfaChallenge(db, { id: 'a-challenge', user_id: userId(43), expires_at: now + DAY_MS }),
    findMfaChallenge: () => findMfaChallenge(db, uuid(44)),
    countMfaAttempt: () => countMfaAttempt(db, uuid(44), 5),
    consumeMfaChallenge: () => transaction(db, tx => consumeMfaChallenge(tx, uuid(44))),
    deleteMfaChallenges: () => transaction(db, tx => deleteMfaChallenges(tx, userId(45))),
  }),
} satisfies SqlCases
