import { transaction } from '#sql/connection/transaction.ts'
import {
  deleteLinkedLogin,
  deleteLinkedLogins,
  findLinkedLogin,
  insertLinkedLogin,
  listLinkedLogins,
  recordLinkedLoginUse,
} from '#sql/linked-logins.ts'
import { type SqlCases, userId, uuid } from '../support/sql/cases.ts'

export default {
  table: 'linked_logins',
  row: (n, now) => ({
    id: uuid(n),
    user_id: userId(n),
    identity_hash: String(n).padStart(64, '0'),
    provider: 'corp',
    ...identityOf(n),
    email: null,
    name: null,
    linked_at: now,
    last_used_at: null,
  }),
  statements: ({ db }) => ({
    findLinkedLogin: () => findLinkedLogin(db, identityOf(20)),
    listLinkedLogins: () => listLinkedLogins(db, userId(20)),
    insertLinkedLogin: () =>
      transaction(db, tx =>
        insertLinkedLogin(tx, userId(21), { provider: 'corp', ...identityOf(-1), email: null, name: null }),
      ),
    recordLinkedLoginUse: () =>
      transaction(db, tx => recordLinkedLoginUse(tx, userId(22), { ...identityOf(22), email: null, name: null })),
    deleteLinkedLogin: () =>
      transaction(db, tx => deleteLinkedLogin(tx, { id: uuid(23), user_id: userId(23), provider: 'corp' })),
    deleteLinkedLogins: () => transaction(db, tx => deleteLinkedLogins(tx, userId(24))),
  }),
} satisfies SqlCases

function identityOf(n: number) {
  return { issuer: 'https://issuer.example', subject: `subject${n}` }
}
