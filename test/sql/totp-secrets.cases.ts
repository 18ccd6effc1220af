import { transaction } from '#sql/connection/transaction.ts'
import {
  confirmTotp,
  consumeTotpStep,
  countTotpAttempt,
  deleteTotp,
  findTotp,
  listTotpByKey,
  reencryptTotp,
  setPendingTotp,
  type TotpSecret,
} from '#sql/totp-secrets.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'totp_secrets',
  row: (n, now) => ({
    user_id: userId(n),
    confirmed: 1,
    ciphertext: `ciphertext${n}`,
    key_id: n % 1000 === 0 ? 'an older key' : 'the newest key',
    session_id: uuid(n),
    last_step: 1,
    created_at: now,
  }),
  statements: ({ db }) => ({
    findTotp: () => findTotp(db, userId(36), 1),
    setPendingTotp: () =>
      transaction(db, tx =>
        setPendingTotp(
          tx,
          { user_id: userId(37), session_id: uuid(37) },
          { ciphertext: 'pending37', key_id: 'the newest key' },
        ),
      ),
    confirmTotp: () => transaction(db, tx => confirmTotp(tx, { user_id: userId(37), ciphertext: 'pending37' }, 2)),
    deleteTotp: () => transaction(db, tx => deleteTotp(tx, userId(38), 1)),
    countTotpAttempt: () => countTotpAttempt(db, userId(39), 1, { max: 10, windowMs: DAY_MS }),
    consumeTotpStep: () => transaction(db, tx => consumeTotpStep(tx, userId(39), 2)),
    listTotpByKey: () => listTotpByKey(db, 'an older key', { afterUser: 3, limit: 100 }),
    reencryptTotp: async () => {
      const secret = (await findTotp(db, userId(40), 1)) as TotpSecret
      await reencryptTotp(db, secret, { ciphertext: 'anew', key_id: 'the newest key' })
    },
  }),
} satisfies SqlCases
