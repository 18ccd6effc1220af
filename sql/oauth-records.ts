/** Records of the OpenID provider: codes, refresh tokens, grants, browser sessions. Ids are hashes, so that a leaked table opens nothing. */
import { type Kysely, type Selectable, sql } from 'kysely'
import { databaseNow } from './connection/clock.ts'
import { isDuplicate } from './connection/errors.ts'
import { slices } from './connection/slices.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    oauth_records: OAuthRecordsTable
  }
}

export interface OAuthRecordsTable {
  /** SHA-256 of the record's kind and name. */
  id: string
  /** The kind: `AuthorizationCode`, `RefreshToken` … */
  model: string
  /** The session that it belongs to, or `browsersOf` a user. */
  grant_id: string | null
  /** SHA-256 of a second name: a user code, a session's public id. */
  lookup: string | null
  /** Encrypted. */
  payload: string
  consumed_at: number | null
  expires_at: number
}

export type OAuthRecord = Selectable<OAuthRecordsTable>

/** The `grant_id` of what a user's browsers have open. */
export function browsersOf(user_id: number): string {
  return `user:${user_id}`
}

/** Deleted in one statement. */
const SURPLUS_MAX = 1000

type NewRecord = Omit<OAuthRecord, 'consumed_at' | 'expires_at'>

/** @throws the driver's duplicate-key error if there is such a record */
export async function insertRecord(db: Kysely<Tables>, record: NewRecord, lifetimeMs: number): Promise<void> {
  await db
    .insertInto('oauth_records')
    .values({ ...record, consumed_at: null, expires_at: endOf(db, lifetimeMs) })
    .execute()
}

/** Writes a record, or writes over it. One that was consumed stays so, and whose it was. */
export async function saveRecord(db: Kysely<Tables>, record: NewRecord, lifetimeMs: number): Promise<void> {
  const { id, grant_id, ...others } = record
  const changes = { ...others, ...(grant_id !== null && { grant_id }) }
  try {
    await insertRecord(db, record, lifetimeMs)
  } catch (error) {
    if (!isDuplicate(error)) throw error
    await db
      .updateTable('oauth_records')
      .set({ ...changes, expires_at: endOf(db, lifetimeMs) })
      .where('id', '=', id)
      .execute()
  }
}

/** A record that has not expired, by its id or by its second name; `consumed_for` is how long ago it was consumed (ms). */
export function findRecord(db: Kysely<Tables>, key: 'id' | 'lookup', value: string) {
  return db
    .selectFrom('oauth_records')
    .select(['payload', 'grant_id', 'consumed_at'])
    .select(sql<number | null>`${databaseNow(db)} - consumed_at`.as('consumed_for'))
    .where(key, '=', value)
    .where('expires_at', '>', databaseNow(db))
    .executeTakeFirst()
}

/** The records of the grants that these sessions are. */
export function listGrants(db: Kysely<Tables>, ids: string[]): Promise<Pick<OAuthRecord, 'grant_id' | 'payload'>[]> {
  return db
    .selectFrom('oauth_records')
    .select(['grant_id', 'payload'])
    .where('grant_id', 'in', ids)
    .where('model', '=', 'Grant')
    .execute()
}

/** Of any number of concurrent uses one succeeds. */
export async function consumeRecord(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('oauth_records')
    .set({ consumed_at: databaseNow(db) })
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function deleteRecord(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom('oauth_records').where('id', '=', id).execute()
}

/**
 * By their ids, in order: the library ends a grant by several statements at once, and those that find rows by an index lock them the other way round than those
 * that find them by their id, which is a deadlock in MySQL. What is added meanwhile is of no use: its session has ended.
 */
export async function deleteRecordsOf(db: Kysely<Tables>, grant_id: string, model?: string): Promise<void> {
  const records = db.selectFrom('oauth_records').select('id').where('grant_id', '=', grant_id)
  await deleteByIds(db, await (model === undefined ? records : records.where('model', '=', model)).execute())
}

/** Of the records of one kind that belong together, keeps those that expire last. */
export async function deleteSurplus(
  db: Kysely<Tables>,
  { grant_id, model }: Pick<OAuthRecord, 'grant_id' | 'model'>,
  max: number,
): Promise<void> {
  const surplus = await db
    .selectFrom('oauth_records')
    .select('id')
    .where('grant_id', '=', grant_id)
    .where('model', '=', model)
    .orderBy('expires_at', 'desc')
    .limit(SURPLUS_MAX)
    .offset(max)
    .execute()
  await deleteByIds(db, surplus)
}

async function deleteByIds(db: Kysely<Tables>, records: Pick<OAuthRecord, 'id'>[]): Promise<void> {
  const ids = records.map(({ id }) => id).toSorted()
  for (const some of slices(ids)) await db.deleteFrom('oauth_records').where('id', 'in', some).execute()
}

function endOf(db: Kysely<Tables>, lifetimeMs: number) {
  return sql<number>`${databaseNow(db)} + ${lifetimeMs}`
}
