import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AccessRole, Flag, Tables, UsersTable } from './tables.ts'

export type User = Selectable<UsersTable>

export async function findUserByEmail(db: Kysely<Tables>, email: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
}

export async function findUser(db: Kysely<Tables>, id: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

/**
 * Adds a user whose address is not proved yet.
 * @throws the driver's duplicate-key error where the address is taken: ask `isDuplicate`
 */
export async function insertUser(
  db: Kysely<Tables>,
  user: Pick<User, 'email' | 'password_hash' | 'access_role'>,
): Promise<string> {
  const id = randomUUIDv7()
  const now = Date.now()
  await db
    .insertInto('users')
    .values({ id, ...user, created_at: now, updated_at: now, last_login_at: null })
    .execute()
  return id
}

/**
 * Marks a login, and puts a fresh hash of the same password in place where one is given. False where the account changed since it was read:
 * the row is locked, so neither a disabling, a password change nor a second factor can slip in between the check and the session.
 */
export async function recordLogin(db: Kysely<Tables>, user: User, rehashed?: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ last_login_at: Date.now(), ...(rehashed && { password_hash: rehashed }) })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .where('mfa_enabled', '=', user.mfa_enabled)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The address is its owner's. */
export async function markEmailVerified(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ email_verified: 1, updated_at: Date.now() })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export interface UserFilter {
  /** Addresses that begin with this. */
  email?: string
  access_role?: AccessRole
  disabled?: Flag
  email_verified?: Flag
}

/**
 * Users after a key, in the order of ids, or of addresses where these are searched: every page costs the same.
 * @param after the last id (or address) of the page before
 */
export async function listUsers(
  db: Kysely<Tables>,
  filter: UserFilter,
  limit: number,
  after?: string,
): Promise<User[]> {
  const key = filter.email === undefined ? 'id' : 'email'
  let query = db.selectFrom('users').selectAll().orderBy(key).limit(limit)
  if (after !== undefined) query = query.where(key, '>', after)
  // The character after `~` ends what begins with the prefix: addresses are printable ASCII.
  if (filter.email !== undefined)
    query = query.where('email', '>=', filter.email).where('email', '<', `${filter.email}\x7f`)
  if (filter.access_role !== undefined) query = query.where('access_role', '=', filter.access_role)
  if (filter.disabled !== undefined) query = query.where('disabled', '=', filter.disabled)
  if (filter.email_verified !== undefined) query = query.where('email_verified', '=', filter.email_verified)
  return query.execute()
}

export type UserChange = Partial<
  Pick<User, 'first_name' | 'last_name' | 'phone_number' | 'address' | 'national_id' | 'access_role' | 'disabled'>
>

/** Changes a user; the row is locked until the transaction ends. False where there is no such user. */
export async function updateUser(db: Kysely<Tables>, id: string, change: UserChange): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ ...change, updated_at: Date.now() })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Locks the administrators' rows until the transaction ends, and answers how many of them can act. */
export async function lockAdministrators(tx: Transaction<Tables>): Promise<number> {
  await tx.updateTable('users').set({ access_role: 'admin' }).where('access_role', '=', 'admin').execute()
  const { count } = await tx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('access_role', '=', 'admin')
    .where('disabled', '=', 0)
    .executeTakeFirstOrThrow()
  return count
}

/**
 * Deletes a user and what hangs on it. Its sessions are to be ended before, in the same transaction: their rows stay, without what
 * is personal, until no process can hold one of their tokens for good any more.
 */
export async function deleteUser(tx: Transaction<Tables>, id: string): Promise<boolean> {
  await tx.deleteFrom('events').where('user_id', '=', id).execute()
  await tx.deleteFrom('outbox').where('user_id', '=', id).execute()
  // What was asked for by address alone.
  const email = tx.selectFrom('users').select('email').where('id', '=', id)
  await tx.deleteFrom('outbox').where('user_id', 'is', null).where('recipient', '=', email).execute()
  await tx.updateTable('sessions').set({ user_agent: null, ip: null }).where('user_id', '=', id).execute()
  const { numDeletedRows } = await tx.deleteFrom('users').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}
