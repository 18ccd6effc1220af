/** The contacts of users. Each statement names the owner: another user's contact is as good as none. */
import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely'
import { noteChange } from './connection/changes.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    contacts: ContactsTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    contact: object
  }
}

export interface ContactsTable {
  id: string
  user_id: number
  /** 1 for a new contact, one more with each change. */
  version: number
  /** What its card is recognized by: the UID of its vCard. */
  uid: string
  first_name: string | null
  last_name: string | null
  email: string | null
  phone_number: string | null
  /** `YYYY-MM-DD`, or `--MM-DD` if the year is not known. */
  birthday: string | null
  /** Month and day of the birthday, as a number: 1021. */
  birthday_day: number | null
  address: string | null
  notes: string | null
  /** Folded, as are the terms that are looked for in `search`. */
  sort_key: string
  search: string
  created_at: number
  updated_at: number
}

export type ContactRow = Selectable<ContactsTable>
/** As the API has them. */
const FIELDS = ['first_name', 'last_name', 'email', 'phone_number', 'birthday', 'address', 'notes'] as const

type Change = Omit<Updateable<ContactsTable>, 'id' | 'user_id' | 'uid' | 'version' | 'created_at' | 'updated_at'>

/** By name, or by time of creation, which is the order of ids. */
export type ContactSort = 'name' | '-name' | 'created' | '-created'

/** The row that ends a page. */
export type ContactKey = Pick<ContactRow, 'id' | 'sort_key'>

/** Lock the user first: the count of a user's contacts is bounded. */
export async function insertContacts(tx: Transaction<Tables>, rows: Insertable<ContactsTable>[]): Promise<void> {
  await tx.insertInto('contacts').values(rows).execute()
  for (const { id, user_id } of rows) noteChange(tx, 'contact', 'created', { user_id, id })
}

export async function countContacts(db: Kysely<Tables>, user_id: number): Promise<number> {
  const { count } = await db
    .selectFrom('contacts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export function findContact(db: Kysely<Tables>, user_id: number, id: string): Promise<ContactRow | undefined> {
  return db.selectFrom('contacts').selectAll().where('id', '=', id).where('user_id', '=', user_id).executeTakeFirst()
}

export function listContactsByUid(db: Kysely<Tables>, user_id: number, uids: string[]): Promise<ContactRow[]> {
  return db.selectFrom('contacts').selectAll().where('user_id', '=', user_id).where('uid', 'in', uids).execute()
}

/**
 * A page of a user's contacts.
 * @param terms folded; each must occur in a contact. They are looked for among the user's own rows only
 * @param after the last row of the previous page
 */
export function listContacts(
  db: Kysely<Tables>,
  user_id: number,
  { terms = [], sort }: { terms?: string[]; sort: ContactSort },
  limit: number,
  after?: ContactKey,
): Promise<ContactRow[]> {
  const [direction, beyond] = sort.startsWith('-') ? (['desc', '<'] as const) : (['asc', '>'] as const)
  let query = db.selectFrom('contacts').selectAll().where('user_id', '=', user_id).limit(limit)
  if (sort.endsWith('name')) {
    query = query.orderBy('sort_key', direction)
    if (after)
      query = query
        .where('sort_key', `${beyond}=`, after.sort_key)
        .where(({ eb, or }) => or([eb('sort_key', beyond, after.sort_key), eb('id', beyond, after.id)]))
  } else if (after) query = query.where('id', beyond, after.id)
  for (const term of terms) query = query.where(sql<boolean>`search like ${`%${escapeLike(term)}%`} escape '!'`)
  return query.orderBy('id', direction).execute()
}

/** Wildcards that were typed are characters like others. */
const escapeLike = (term: string) => term.replace(/[!%_]/g, '!$&')

/** Days of a year, as `birthday_day` has them. */
export interface DayRange {
  from: number
  to: number
}

/** Contacts whose birthday is in the range, in its order. @param after the last row of the previous page */
export function listBirthdays(
  db: Kysely<Tables>,
  user_id: number,
  { from, to }: DayRange,
  limit: number,
  after?: { birthday_day: number; id: string },
): Promise<ContactRow[]> {
  let query = db
    .selectFrom('contacts')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('birthday_day', '>=', after?.birthday_day ?? from)
    .where('birthday_day', '<=', to)
  if (after)
    query = query.where(({ eb, or }) => or([eb('birthday_day', '>', after.birthday_day), eb('id', '>', after.id)]))
  return query.orderBy('birthday_day').orderBy('id').limit(limit).execute()
}

/** @returns false if the contact is no longer of this version: changed meanwhile, or deleted */
export async function updateContact(
  tx: Transaction<Tables>,
  before: ContactRow,
  change: Change,
  updated_at: number,
): Promise<boolean> {
  const { id, user_id, version } = before
  const { numUpdatedRows } = await tx
    .updateTable('contacts')
    .set({ ...change, version: version + 1, updated_at })
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where('version', '=', version)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  const changed = FIELDS.filter(name => change[name] !== undefined && change[name] !== before[name])
  noteChange(tx, 'contact', 'updated', { user_id, id, changed })
  return true
}

/** @param versions one of which it must have; any, if none are given. @returns false if the user has no such contact */
export async function deleteContact(
  tx: Transaction<Tables>,
  user_id: number,
  id: string,
  versions?: number[],
): Promise<boolean> {
  let query = tx.deleteFrom('contacts').where('id', '=', id).where('user_id', '=', user_id)
  if (versions) query = query.where('version', 'in', versions)
  const { numDeletedRows } = await query.executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  noteChange(tx, 'contact', 'deleted', { user_id, id })
  return true
}
