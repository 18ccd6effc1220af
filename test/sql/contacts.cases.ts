import { transaction } from '#sql/connection/transaction.ts'
import {
  type ContactRow,
  countContacts,
  deleteContact,
  findContact,
  insertContacts,
  listBirthdays,
  listContacts,
  listContactsByUid,
  updateContact,
} from '#sql/contacts.ts'
import { type SqlCases, userId, uuid } from '../support/sql/cases.ts'

const SORTS = ['name', '-name', 'created', '-created'] as const

export default {
  table: 'contacts',
  row: (n, now) => contactOf(n, now),
  statements: ({ db, now }) => ({
    insertContacts: () =>
      transaction(db, tx => insertContacts(tx, [{ ...contactOf(50, now), id: uuid(999_999), uid: 'another' }])),
    countContacts: () => countContacts(db, userId(50)),
    findContact: () => findContact(db, userId(50), uuid(50)),
    listContactsByUid: () => listContactsByUid(db, userId(50), ['uid50', 'uid150']),
    async listContacts() {
      const after = contactOf(50, now)
      for (const sort of SORTS) {
        await listContacts(db, userId(50), { sort }, 20)
        await listContacts(db, userId(50), { sort, terms: ['leia', '100%'] }, 20, after)
      }
    },
    async listBirthdays() {
      await listBirthdays(db, userId(50), { from: 101, to: 131 }, 20)
      await listBirthdays(db, userId(50), { from: 101, to: 131 }, 20, { birthday_day: 115, id: uuid(50) })
    },
    updateContact: () => transaction(db, tx => updateContact(tx, contactOf(50, now), { notes: 'x' }, now)),
    async deleteContact() {
      await transaction(db, tx => deleteContact(tx, userId(51), uuid(51), [2, 3]))
      await transaction(db, tx => deleteContact(tx, userId(51), uuid(51)))
    },
  }),
} satisfies SqlCases

function contactOf(n: number, now: number): ContactRow {
  return {
    id: uuid(n),
    user_id: userId(n % 100),
    version: 1,
    uid: `uid${n}`,
    first_name: 'Leia',
    last_name: `Organa ${n}`,
    email: null,
    phone_number: null,
    birthday: '1956-01-15',
    birthday_day: 101 + (n % 28),
    address: null,
    notes: null,
    sort_key: `organa ${n} leia`,
    search: `leia\norgana ${n}`,
    created_at: now,
    updated_at: now,
  }
}
