import { transaction } from '#sql/connection/transaction.ts'
import { consumeOneTimeToken, deleteOneTimeTokens, findOneTimeToken, mintOneTimeToken } from '#sql/one-time-tokens.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'one_time_tokens',
  row: (n, now) => ({
    user_id: userId(n),
    outbox_id: uuid(n),
    token_hash: String(n).padStart(64, '0'),
    purpose: 'email-verification',
    created_at: now,
    expires_at: n % 30 === 0 ? now - 1 : now + DAY_MS,
  }),
  statements: ({ db, now }) => ({
    mintOneTimeToken: () =>
      transaction(db, tx =>
        mintOneTimeToken(tx, {
          user_id: userId(5),
          purpose: 'email-verification',
          outbox_id: uuid(5),
          expires_at: now + DAY_MS,
        }),
      ),
    consumeOneTimeToken: async () => {
      const token = await transaction(db, tx =>
        mintOneTimeToken(tx, {
          user_id: userId(6),
          purpose: 'password-reset',
          outbox_id: uuid(6),
          expires_at: now + DAY_MS,
        }),
      )
      await transaction(db, tx => consumeOneTimeToken(tx, token as string, 'password-reset'))
    },
    findOneTimeToken: () => findOneTimeToken(db, 'unknown'),
    deleteOneTimeTokens: async () => {
      await transaction(db, tx => deleteOneTimeTokens(tx, userId(6)))
      await transaction(db, tx => deleteOneTimeTokens(tx, userId(6), 'email-change'))
    },
  }),
} satisfies SqlCases
