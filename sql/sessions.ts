import { randomUUIDv7 } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { databaseNow } from './connection/clock.ts'
import type { SessionsTable, Tables, UsersTable } from './tables.ts'

export type Session = Selectable<SessionsTable>

/** Where a session was opened from. */
export interface Device {
  user_agent: string | null
  ip: string | null
}

/**
 * The sessions whose tokens may have died: since a time (by the database's clock, less an overlap), or within the last so many ms.
 * @param page so many are read by one statement, because a statement has only so much time
 */
export async function changedSessions(
  db: Kysely<Tables>,
  window: { within: number } | { since: number; overlap: number },
  page = 20_000,
) {
  const now = await readClock(db)
  // A clock that was put back must not hide what was written after it.
  const from = 'within' in window ? now - window.within : Math.min(window.since, now) - window.overlap
  const sessions: ChangedSession[] = []
  let last = { id: '', changed_at: from }
  while (true) {
    const next = await changedAfter(db, last, page)
    for (const session of next) sessions.push(session)
    last = next.at(-1) ?? last
    if (next.length < page) return { now, sessions }
  }
}

type ChangedSession = Pick<Session, 'id' | 'generation' | 'revoked_at' | 'changed_at'>

function changedAfter(
  db: Kysely<Tables>,
  { id, changed_at }: Pick<Session, 'id' | 'changed_at'>,
  limit: number,
): Promise<ChangedSession[]> {
  return db
    .selectFrom('sessions')
    .select(['id', 'generation', 'revoked_at', 'changed_at'])
    .where('changed_at', '>=', changed_at)
    .where(where => where.or([where('changed_at', '>', changed_at), where('id', '>', id)]))
    .where(where => where.or([where('generation', '>', 1), where('revoked_at', 'is not', null)]))
    .orderBy('changed_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}

async function readClock(db: Kysely<Tables>): Promise<number> {
  const { now } = await db.selectNoFrom(databaseNow(db).as('now')).executeTakeFirstOrThrow()
  return now
}

/** Adds a session of the first generation. */
export async function insertSession(
  db: Kysely<Tables>,
  { user_id, lifetime, ...device }: { user_id: string; lifetime: number } & Device,
): Promise<Pick<Session, 'id' | 'user_id' | 'generation' | 'rotated_at' | 'expires_at'>> {
  const now = await readClock(db)
  const session = { id: randomUUIDv7(), user_id, generation: 1, rotated_at: now, expires_at: now + lifetime }
  await db
    .insertInto('sessions')
    .values({ ...session, ...device, created_at: now, changed_at: now })
    .execute()
  return session
}

/** A session with what a rotation needs to know of its user; `access_role` is null where the user is gone. `now` is the database's time. */
export type SessionWithUser = NonNullable<Awaited<ReturnType<typeof findSession>>>

export async function findSession(db: Kysely<Tables>, id: string) {
  return db
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'sessions.id',
      'sessions.user_id',
      'sessions.generation',
      'sessions.rotated_at',
      'sessions.expires_at',
      'sessions.revoked_at',
      'users.access_role',
      'users.disabled',
      'users.mfa_enabled',
    ])
    .select(databaseNow(db).as('now'))
    .where('sessions.id', '=', id)
    .executeTakeFirst()
}

/** Nobody waits so long for an answer (ms): what comes to be carried out later is better left undone. */
const GIVEN_UP = 3000

/**
 * Compare-and-swap: adds 1 to the generation, if it is still this one and the session lives. A database that was frozen would do it when it wakes,
 * long after the caller was told 503: their retry would then look like theft.
 */
export async function advanceGeneration(db: Kysely<Tables>, session: SessionWithUser): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ generation: session.generation + 1, rotated_at: session.now, changed_at: databaseNow(db) })
    .where('id', '=', session.id)
    .where('generation', '=', session.generation)
    .where('revoked_at', 'is', null)
    .where(databaseNow(db), '<', session.now + GIVEN_UP)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Notes that a session is in use, if it still lives as it was read; its generation stays. */
export async function moveOn(db: Kysely<Tables>, session: SessionWithUser): Promise<boolean> {
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
 * Adds 1 to the generation, whatever it was, and answers the session as it is then; undefined where it lives no more.
 * The user's row is to be locked before.
 */
export async function nextGeneration(
  tx: Transaction<Tables>,
  id: string,
  user_id: string,
): Promise<Session | undefined> {
  const now = await readClock(tx)
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set(eb => ({ generation: eb('generation', '+', 1), rotated_at: now, changed_at: databaseNow(tx) }))
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return undefined
  return tx.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Ends a session of this user; false where none lives by that id. */
export async function revokeSession(db: Kysely<Tables>, id: string, user_id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ revoked_at: databaseNow(db), changed_at: databaseNow(db) })
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * The sessions of a user that can still be used, newest first.
 * @param idle a session that was not rotated for so long (ms) has no refresh token left that works
 */
export async function liveSessions(db: Kysely<Tables>, user_id: string, idle: number): Promise<Session[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', databaseNow(db))
    .where('rotated_at', '>', sql<number>`${databaseNow(db)} - ${idle}`)
    .orderBy('id', 'desc')
    .execute()
}

/** Has the user of this e-mail ever logged in from there, as far as is remembered? */
export async function hasUsedAddress(db: Kysely<Tables>, email: string, ip: string): Promise<boolean> {
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

export type AccessRole = UsersTable['access_role']
