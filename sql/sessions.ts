/** Sessions: one per login. Their rows are the truth that revocation is derived from. */
import { randomUUIDv7 } from 'node:crypto'
import { type Generated, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { noteChange } from './connection/changes.ts'
import { databaseNow, readClock } from './connection/clock.ts'
import { revokedWithAll } from './global-revocations.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    sessions: SessionsTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    /** The application that it was opened for. */
    session: { client_id?: string | null }
  }
}

export interface SessionsTable {
  id: string
  user_id: number
  /** Incremented by each rotation. Tokens of a lower generation are revoked. */
  generation: number
  /** The first since the last security change: the tokens of those before it have no grace period. */
  first_generation: Generated<number>
  created_at: number
  rotated_at: number
  /** Absolute end; rotation does not extend it. */
  expires_at: number
  revoked_at: number | null
  /** When `generation` or `revoked_at` last changed, by the database's clock: what the revocation sync reads. */
  changed_at: number
  user_agent: string | null
  ip: string | null
  /** When the user last authenticated: at the login, or again later. */
  auth_time: Generated<number | null>
  /** How: values of RFC 8176, separated by spaces. */
  amr: Generated<string | null>
  /** The generation of the tokens that were issued when the user authenticated again. */
  reauthenticated_generation: Generated<number | null>
  /** The application that it was opened for; null for the service's own logins. */
  client_id: Generated<string | null>
}

export type Session = Selectable<SessionsTable>

/** Where a session was opened from. */
export interface Device {
  user_agent: string | null
  ip: string | null
}

/** Adds a session of the first generation. Its user authenticates now, unless `auth_time` says when. */
export async function insertSession(
  tx: Transaction<Tables>,
  {
    user_id,
    lifetime,
    amr = null,
    auth_time,
    client_id = null,
    ...device
  }: Pick<Session, 'user_id'> & { lifetime: number } & Partial<Pick<Session, 'amr' | 'auth_time' | 'client_id'>> &
    Device,
): Promise<
  Pick<Session, 'id' | 'user_id' | 'generation' | 'rotated_at' | 'expires_at' | 'auth_time' | 'amr' | 'client_id'>
> {
  const now = await readClock(tx)
  const times = { rotated_at: now, expires_at: now + lifetime, auth_time: auth_time === undefined ? now : auth_time }
  const session = { id: randomUUIDv7(), user_id, client_id, generation: 1, amr, ...times }
  await tx
    .insertInto('sessions')
    .values({ ...session, ...device, created_at: now, changed_at: now })
    .execute()
  noteSession(tx, 'created', session)
  return session
}

/** A session with what a rotation needs to know about its user; `access_role` is null if the user was deleted. `now` is the database's time. */
export type SessionWithUser = NonNullable<Awaited<ReturnType<typeof findSession>>>

/** Its columns, as part of a query of `sessions` with their `users`. */
export const SESSION_WITH_USER = [
  'sessions.id',
  'sessions.user_id',
  'sessions.generation',
  'sessions.first_generation',
  'sessions.rotated_at',
  'sessions.expires_at',
  'sessions.auth_time',
  'sessions.amr',
  'sessions.reauthenticated_generation',
  'sessions.client_id',
  'users.access_role',
  'users.disabled',
  'users.mfa_enabled',
] as const

/** As part of a query of `sessions`: when it was revoked, alone or with all others. */
export const revokedAt = sql<number | null>`coalesce(sessions.revoked_at, ${revokedWithAll})`

export async function findSession(db: Kysely<Tables>, id: string) {
  return db
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .select(SESSION_WITH_USER)
    .select(revokedAt.as('revoked_at'))
    .select(databaseNow(db).as('now'))
    .where('sessions.id', '=', id)
    .executeTakeFirst()
}

/** After this the client has given up: a statement that a frozen database runs later must be a no-op. */
const CLIENT_DEADLINE_MS = 3000

/**
 * Compare-and-swap: increments the generation if it is still this one and the session is not revoked. A database that was frozen
 * would otherwise run the statement when it wakes, long after the caller got a 503, and their retry would look like token theft.
 */
export async function advanceGeneration(db: Kysely<Tables>, session: SessionWithUser): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ generation: session.generation + 1, rotated_at: session.now, changed_at: databaseNow(db) })
    .where('id', '=', session.id)
    .where('generation', '=', session.generation)
    .where('revoked_at', 'is', null)
    .where(databaseNow(db), '<', session.now + CLIENT_DEADLINE_MS)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Records that a session is in use, if it has not changed since it was read; its generation stays. */
export async function touchSession(db: Kysely<Tables>, session: SessionWithUser): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ rotated_at: session.now })
    .where('id', '=', session.id)
    .where('generation', '=', session.generation)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * Increments the generation whatever it was, because of a security change: the previous tokens have no grace period. Lock the user first.
 * @returns the session, or undefined if it has ended
 */
export async function bumpGeneration(
  tx: Transaction<Tables>,
  id: string,
  user_id: number,
): Promise<Session | undefined> {
  const now = await readClock(tx)
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set(eb => ({
      // Before `generation`: MySQL assigns from left to right.
      first_generation: eb('generation', '+', 1),
      generation: eb('generation', '+', 1),
      rotated_at: now,
      changed_at: databaseNow(tx),
    }))
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where(revokedWithAll, 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return undefined
  return tx.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
}

/**
 * Ends the grace period of the session's previous tokens, because of a security change after which the current ones live on.
 * @returns their generation
 */
export async function endGrace(tx: Transaction<Tables>, id: string): Promise<number> {
  await tx
    .updateTable('sessions')
    .set(eb => ({ first_generation: eb.ref('generation') }))
    .where('id', '=', id)
    .execute()
  const session = await tx.selectFrom('sessions').select('generation').where('id', '=', id).executeTakeFirst()
  return session?.generation ?? 0
}

/** Records that the user authenticated again, for the tokens of the generation that was just issued. */
export async function recordReauthentication(tx: Transaction<Tables>, session: Session, amr: string): Promise<Session> {
  const { id, generation, rotated_at } = session
  const changes = { auth_time: rotated_at, amr, reauthenticated_generation: generation }
  await tx.updateTable('sessions').set(changes).where('id', '=', id).execute()
  return { ...session, ...changes }
}

/** The sessions of applications' own tokens are nobody's. */
export function noteSession(
  tx: Transaction<Tables>,
  action: 'created' | 'deleted',
  { id, user_id, client_id }: Pick<Session, 'id' | 'user_id'> & Partial<Pick<Session, 'client_id'>>,
): void {
  if (user_id > 0) noteChange(tx, 'session', action, { user_id, id, ...(client_id && { client_id }) })
}

/** Revokes a user's session. Returns false if there is no active one of this id. */
export async function revokeSession(tx: Transaction<Tables>, id: string, user_id: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({ revoked_at: databaseNow(tx), changed_at: databaseNow(tx) })
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  noteSession(tx, 'deleted', { id, user_id })
  return true
}

/** The application that a session was opened for. */
export async function findClientOf(db: Kysely<Tables>, id: string): Promise<Session['client_id']> {
  const session = await db.selectFrom('sessions').select('client_id').where('id', '=', id).executeTakeFirst()
  return session?.client_id ?? null
}

/** Whether the user of this e-mail has logged in from this IP, as far as sessions are kept. */
export async function hasSessionFromIp(db: Kysely<Tables>, email: string, ip: string): Promise<boolean> {
  const session = await db
    .selectFrom('users')
    .innerJoin('sessions', 'sessions.user_id', 'users.id')
    .select('sessions.id')
    .where('users.email', '=', email)
    .where('sessions.ip', '=', ip)
    .limit(1)
    .executeTakeFirst()
  return session !== undefined
}
