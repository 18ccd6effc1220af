/** The live sessions of a user: listed, and ended together. */
import { type ExpressionBuilder, type Kysely, sql, type Transaction } from 'kysely'
import { databaseNow } from './connection/clock.ts'
import { slices } from './connection/slices.ts'
import { revokedWithAll } from './global-revocations.ts'
import { applicationName } from './oauth-grants.ts'
import { noteSession, type Session } from './sessions.ts'
import type { Tables } from './tables.ts'

/** A session with the name of the application that it was opened for. */
export type ListedSession = Session & { application_name: string | null }

/** As part of a query: which sessions of the user are live. One that was not renewed within `idleMs` has no valid token left. */
function live(db: Kysely<Tables>, user_id: number, idleMs: number) {
  return ({ and, eb }: ExpressionBuilder<Tables, 'sessions'>) =>
    and([
      eb('user_id', '=', user_id),
      eb('revoked_at', 'is', null),
      eb(revokedWithAll, 'is', null),
      eb('expires_at', '>', databaseNow(db)),
      eb('rotated_at', '>', sql<number>`${databaseNow(db)} - ${idleMs}`),
    ])
}

/**
 * A page of a user's live sessions, newest first.
 * @param before the last id of the previous page
 */
export async function listSessions(
  db: Kysely<Tables>,
  user_id: number,
  idleMs: number,
  limit: number,
  before?: string,
): Promise<ListedSession[]> {
  let query = db
    .selectFrom('sessions')
    .selectAll()
    .select(applicationName.as('application_name'))
    .where(live(db, user_id, idleMs))
    .orderBy('id', 'desc')
    .limit(limit)
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}

/** A user's session, if it is live. */
export function findLiveSession(
  db: Kysely<Tables>,
  { id, user_id }: Pick<Session, 'id' | 'user_id'>,
  idleMs: number,
): Promise<ListedSession | undefined> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .select(applicationName.as('application_name'))
    .where('id', '=', id)
    .where(live(db, user_id, idleMs))
    .executeTakeFirst()
}

/** The user's live sessions with an application, newest first. */
export async function listSessionsWith(
  db: Kysely<Tables>,
  { user_id, client_id }: { user_id: number; client_id: string },
  idleMs: number,
  limit: number,
): Promise<Session['id'][]> {
  const sessions = await db
    .selectFrom('sessions')
    .select('id')
    .where(live(db, user_id, idleMs))
    .where('client_id', '=', client_id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return sessions.map(({ id }) => id)
}

/** Whether the user is logged in to the service itself anywhere: the sessions of applications do not count. */
export async function isLoggedIn(db: Kysely<Tables>, user_id: number, idleMs: number): Promise<boolean> {
  const session = await db
    .selectFrom('sessions')
    .select('id')
    .where(live(db, user_id, idleMs))
    .where('client_id', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return session !== undefined
}

/** What the history says of a session that ends. */
export type EndingSession = Pick<Session, 'id' | 'client_id'>

/**
 * The sessions of a user, or with an application, that are not revoked, whether or not their tokens have expired by our clock and settings. They are
 * locked: one that a logout ends at the same time is not among them, or the logout finds it ended. Lock the owner first.
 */
export async function lockUnrevoked(
  tx: Transaction<Tables>,
  owner: Pick<Session, 'user_id'> | { client_id: string },
): Promise<(EndingSession & Pick<Session, 'user_id'>)[]> {
  const unrevoked = ({ and }: ExpressionBuilder<Tables, 'sessions'>) => and({ ...owner, revoked_at: null })
  await tx
    .updateTable('sessions')
    .set(({ ref }) => ({ changed_at: ref('changed_at') }))
    .where(unrevoked)
    .execute()
  return tx.selectFrom('sessions').select(['id', 'user_id', 'client_id']).where(unrevoked).execute()
}

/**
 * The other live sessions of a session's user but those used last, the latter as many as `keep`: of the same application, if the session is
 * one's, else of the service's own logins. Lock the user first.
 */
export function leastRecentlyUsed(
  tx: Transaction<Tables>,
  { id, user_id, client_id }: Pick<Session, 'id' | 'user_id' | 'client_id'>,
  idleMs: number,
  keep: number,
): Promise<EndingSession[]> {
  return tx
    .selectFrom('sessions')
    .select(['id', 'client_id'])
    .where(live(tx, user_id, idleMs))
    .where('id', '!=', id)
    .where(eb => (client_id === null ? eb('client_id', 'is', null) : eb('client_id', '=', client_id)))
    .orderBy('rotated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(Number.MAX_SAFE_INTEGER)
    .offset(keep)
    .execute()
}

/** Revokes these sessions of a user. Lock the user first. */
export async function revokeSessions(tx: Transaction<Tables>, user_id: number, ids: Session['id'][]): Promise<void> {
  for (const some of slices(ids))
    await tx
      .updateTable('sessions')
      .set({ revoked_at: databaseNow(tx), changed_at: databaseNow(tx) })
      .where('user_id', '=', user_id)
      .where('revoked_at', 'is', null)
      .where('id', 'in', some)
      .execute()
  for (const id of ids) noteSession(tx, 'deleted', { id, user_id })
}
