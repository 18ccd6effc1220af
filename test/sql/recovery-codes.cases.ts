import { transaction } from '#sql/connection/transaction.ts'
import {
  consumeRecoveryCode,
  countRecoveryCodes,
  deleteRecoveryCodes,
  hasRecoveryCode,
  setRecoveryCodes,
} from '#sql/recovery-codes.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  table: 'recovery_codes',
  row: n => ({ user_id: userId(n), code_hash: String(n).padStart(64, '0') }),
  statements: ({ db }) => ({
    setRecoveryCodes: () => transaction(db, tx => setRecoveryCodes(tx, userId(34), ['a', 'b'])),
    hasRecoveryCode: () => hasRecoveryCode(db, userId(34), 'a'),
    consumeRecoveryCode: () => transaction(db, tx => consumeRecoveryCode(tx, userId(34), 'a')),
    countRecoveryCodes: () => countRecoveryCodes(db, userId(34)),
    deleteRecoveryCodes: () => transaction(db, tx => deleteRecoveryCodes(tx, userId(35))),
  }),
} satisfies SqlCases
