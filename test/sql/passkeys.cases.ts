import { transaction } from '#sql/connection/transaction.ts'
import {
  deletePasskey,
  deletePasskeys,
  findPasskey,
  insertPasskey,
  listPasskeys,
  recordPasskeyUse,
  renamePasskey,
} from '#sql/passkeys.ts'
import { type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'passkeys',
  row: (n, now) => ({ ...passkeyOf(n), id: uuid(n), created_at: now, last_used_at: null }),
  statements: ({ db }) => ({
    listPasskeys: () => listPasskeys(db, userId(29)),
    findPasskey: () => findPasskey(db, 'credential29'),
    insertPasskey: () => transaction(db, tx => insertPasskey(tx, { ...passkeyOf(29), credential_id: 'another' })),
    renamePasskey: () => transaction(db, tx => renamePasskey(tx, { id: uuid(30), user_id: userId(30), name: 'key' })),
    deletePasskey: () => transaction(db, tx => deletePasskey(tx, userId(31), uuid(31))),
    deletePasskeys: () => transaction(db, tx => deletePasskeys(tx, userId(32))),
    recordPasskeyUse: () => transaction(db, tx => recordPasskeyUse(tx, { id: uuid(33), counter: 2, backed_up: 0 })),
  }),
} satisfies SqlCases

function passkeyOf(n: number) {
  return {
    user_id: userId(n),
    credential_id: `credential${n}`,
    public_key: 'x',
    counter: 1,
    transports: '[]',
    device_type: 'singleDevice' as const,
    backed_up: 0 as const,
    aaguid: '00000000-0000-0000-0000-000000000000',
    name: null,
  }
}
