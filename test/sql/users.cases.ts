import { transaction } from '#sql/connection/transaction.ts'
import {
  changeEmail,
  findUser,
  findUserByEmail,
  insertUser,
  listEmails,
  lockAdministrators,
  lockUser,
  markEmailVerified,
  noteNewUser,
  notePassword,
  recordLogin,
  recordOwnerProof,
  replacePassword,
  resetPassword,
  setMfaEnabled,
  skipUserId,
  type User,
  updateUser,
} from '#sql/users.ts'
import { emailOf, type SqlCases, userId } from '../support/sql/cases.ts'

export default {
  table: 'users',
  row: (n, now) => ({
    id: userId(n),
    email: emailOf(n),
    password_hash: 'x',
    access_role: n % 400 === 0 ? 'admin' : 'basic',
    email_verified: n % 50 === 0 ? 0 : 1,
    disabled: n % 70 === 0 ? 1 : 0,
    created_at: now - n * 1000,
    updated_at: now,
    last_login_at: null,
  }),
  statements({ db }) {
    const user = async (n: number) => (await findUser(db, userId(n))) as User
    return {
      findUserByEmail: () => findUserByEmail(db, emailOf(22)),
      findUser: () => user(22),
      listEmails: () => listEmails(db, [userId(22), userId(23)]),
      insertUser: () =>
        transaction(db, tx =>
          insertUser(tx, { email: 'inserted@plans.example', password_hash: 'another-hash', access_role: 'basic' }),
        ),
      lockUser: () => transaction(db, tx => lockUser(tx, userId(7))),
      recordLogin: async () => recordLogin(db, await user(23), 'another-hash'),
      markEmailVerified: () => markEmailVerified(db, userId(24)),
      recordOwnerProof: () => transaction(db, tx => recordOwnerProof(tx, userId(24))),
      noteNewUser: () => transaction(db, async tx => noteNewUser(tx, { id: userId(22), password_hash: 'x' })),
      notePassword: () => transaction(db, async tx => notePassword(tx, 'updated', userId(22))),
      // On MySQL it runs no statement.
      skipUserId: async () => skipUserId(db).then(() => user(22)),
      setMfaEnabled: () => transaction(db, tx => setMfaEnabled(tx, userId(3), 0)),
      changeEmail: () => transaction(db, tx => changeEmail(tx, userId(3), 'new3@plans.example')),
      replacePassword: async () =>
        transaction(db, async tx => replacePassword(tx, (await findUser(tx, userId(12))) as User, 'another-hash')),
      resetPassword: () => transaction(db, tx => resetPassword(tx, userId(13), 'another-hash')),
      updateUser: () => updateUser(db, userId(25), { first_name: 'Leia' }),
      lockAdministrators: () => transaction(db, tx => lockAdministrators(tx)),
    }
  },
} satisfies SqlCases
