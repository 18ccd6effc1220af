/** Accounts. */
import { type Generated, type Kysely, type Selectable, SqliteAdapter, sql, type Transaction } from 'kysely'
import { type ChangeAction, noteChange } from './connection/changes.ts'
import type { Flag, Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    users: UsersTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    /** The account itself. */
    person: object
  }
}

export type AccessRole = 'basic' | 'admin'

export interface UsersTable {
  /** Never reused, not even after the user is deleted. */
  id: Generated<number>
  /** Normalized: lower-case, its domain in ASCII form. */
  email: string
  /** An argon2id string in PHC form, a foreign one, or NO_PASSWORD. */
  password_hash: string
  access_role: AccessRole
  email_verified: Generated<Flag>
  disabled: Generated<Flag>
  created_at: number
  updated_at: number
  last_login_at: number | null
  /** Set while a confirmed TOTP secret or a passkey exists: the password alone does not open a session. */
  mfa_enabled: Generated<Flag>
  /**
   * When the mailbox and the password were proved together, so by the same person. Null if whoever signed up may be somebody else
   * than the owner of the mailbox (pre-hijacking).
   */
  owner_proved_at: Generated<number | null>
  /** Links and codes that were requested before are invalid, even if their mail has yet to be sent. */
  links_since: Generated<number>
  first_name: Generated<string | null>
  last_name: Generated<string | null>
  phone_number: Generated<string | null>
  /** The international form of `phone_number`, if it is known: `+4722334455`. */
  phone_e164: Generated<string | null>
  address: Generated<string | null>
  national_id: Generated<string | null>
  /** Its path below PUBLIC_URL. */
  avatar_url: Generated<string | null>
  /** The language of mails (BCP 47), if it is known. */
  locale: Generated<string | null>
}

export type User = Selectable<UsersTable>

/** Matches no password: these users set one by mail, or log in by other means. */
export const NO_PASSWORD = '!'

export async function findUserByEmail(db: Kysely<Tables>, email: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
}

export async function findUser(db: Kysely<Tables>, id: number): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The addresses of those of the users that there are. */
export function listEmails(db: Kysely<Tables>, ids: User['id'][]): Promise<Pick<User, 'id' | 'email'>[]> {
  return db.selectFrom('users').select(['id', 'email']).where('id', 'in', ids).execute()
}

/**
 * Adds a user whose e-mail is not verified yet.
 * @returns the new user's id
 * @throws the driver's duplicate-key error if the e-mail is taken: see `isDuplicate`
 */
export async function insertUser(
  tx: Transaction<Tables>,
  user: Pick<User, 'email' | 'password_hash' | 'access_role'> & Partial<Pick<User, 'locale'>>,
): Promise<number> {
  const now = Date.now()
  const { insertId } = await tx
    .insertInto('users')
    .values({ ...user, created_at: now, updated_at: now, last_login_at: null })
    .executeTakeFirstOrThrow()
  const id = Number(insertId)
  noteNewUser(tx, { ...user, id })
  return id
}

/**
 * Uses up an id, as a failed insertion does on MySQL. On SQLite the ids of later users would tell whether the e-mail of an earlier sign-up was taken.
 */
export async function skipUserId(db: Kysely<Tables>): Promise<void> {
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return
  await sql`update sqlite_sequence set seq = seq + 1 where name = 'users'`.execute(db)
}

/**
 * Locks a user's row until the transaction ends: changes of one account run one after another, and take their locks in the
 * same order, so they cannot deadlock. An UPDATE because SQLite has no SELECT … FOR UPDATE.
 */
export async function lockUser(tx: Transaction<Tables>, id: number): Promise<void> {
  await tx
    .updateTable('users')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('id', '=', id)
    .execute()
}

/**
 * Records a login and, if given, replaces the hash by a stronger one of the same password. Returns false if the account changed
 * since it was read. The row stays locked until the transaction ends, so no disabling, password change or new second factor can
 * slip in between the check and the session.
 */
export async function recordLogin(tx: Kysely<Tables>, user: User, rehashed?: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set({ last_login_at: Date.now(), ...(rehashed && { password_hash: rehashed }) })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .where('mfa_enabled', '=', user.mfa_enabled)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function markEmailVerified(db: Kysely<Tables>, id: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ email_verified: 1, updated_at: Date.now() })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Records that the mailbox and the password were proved together. */
export async function recordOwnerProof(tx: Transaction<Tables>, id: number): Promise<void> {
  const now = Date.now()
  await tx.updateTable('users').set({ owner_proved_at: now, updated_at: now }).where('id', '=', id).execute()
}

/** Call `updateMfaEnabled`, which derives the flag from the user's second factors. */
export async function setMfaEnabled(tx: Transaction<Tables>, id: number, mfa_enabled: Flag): Promise<void> {
  await tx.updateTable('users').set({ mfa_enabled, updated_at: Date.now() }).where('id', '=', id).execute()
}

/**
 * Changes a user's e-mail to one whose ownership was just verified. Nobody has proved yet to own it together with the account.
 * @throws the driver's duplicate-key error if the e-mail is taken: see `isDuplicate`
 */
export async function changeEmail(tx: Transaction<Tables>, id: number, email: string): Promise<void> {
  await tx
    .updateTable('users')
    .set({ email, email_verified: 1, owner_proved_at: null, updated_at: Date.now() })
    .where('id', '=', id)
    .execute()
}

/**
 * Replaces the password hash that was just verified. Returns false if the account changed since it was read; otherwise its row
 * is locked, so no concurrent login with the old password can complete.
 */
export async function replacePassword(tx: Transaction<Tables>, user: User, password_hash: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set({ password_hash, updated_at: Date.now() })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Sets a password after proof of access to the mailbox, which verifies the e-mail and proves the owner as well. */
export async function resetPassword(tx: Transaction<Tables>, id: number, password_hash: string): Promise<void> {
  const now = Date.now()
  await tx
    .updateTable('users')
    .set({ password_hash, email_verified: 1, owner_proved_at: now, updated_at: now })
    .where('id', '=', id)
    .execute()
}

export type UserChange = Partial<
  Pick<
    User,
    | 'first_name'
    | 'last_name'
    | 'phone_number'
    | 'phone_e164'
    | 'locale'
    | 'address'
    | 'national_id'
    | 'access_role'
    | 'disabled'
    | 'email'
    | 'email_verified'
    | 'owner_proved_at'
  >
>

/** Updates a user and locks the row until the transaction ends. Returns false if there is no such user. */
export async function updateUser(db: Kysely<Tables>, id: number, change: UserChange): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ ...change, updated_at: Date.now() })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Locks the administrators' rows until the transaction ends, and returns how many of them can log in. */
export async function lockAdministrators(tx: Transaction<Tables>): Promise<number> {
  await tx.updateTable('users').set({ access_role: 'admin' }).where('access_role', '=', 'admin').execute()
  const { count } = await tx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('access_role', '=', 'admin')
    .where('disabled', '=', 0)
    .where('email_verified', '=', 1)
    .executeTakeFirstOrThrow()
  return count
}

/** Of a new account, with its password, if it has one. */
export function noteNewUser(tx: Transaction<Tables>, { id, password_hash }: Pick<User, 'id' | 'password_hash'>): void {
  noteChange(tx, 'person', 'created', { user_id: id })
  if (password_hash !== NO_PASSWORD) notePassword(tx, 'created', id)
}

export function notePassword(tx: Transaction<Tables>, action: ChangeAction, user_id: number): void {
  noteChange(tx, 'login_method', action, { user_id, id: 'password', provider: 'password' })
}
