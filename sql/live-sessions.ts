/** The live sessions of a user: listed, and ended together. */
import { type ExpressionBuilder, type Kysely, sql, type Transaction } from 'kysely'
import { databaseNow } from './connection/clock.ts'
import { revokedWithAll } from './global-revocations.ts'
import type { Session } from './sessions.ts'
import type { Tables } from './tables.ts'

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
): Promise<Session[]> {
  let query = db
    .selectFrom('sessions')
    .selectAll()
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
): Promise<Session | undefined> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .where(live(db, user_id, idleMs))
    .executeTakeFirst()
}

/** The ids of a user's sessions that are not revoked, whether or not their tokens have expired by our clock and settings. Lock the user first. */
export async function listUnrevoked(tx: Transaction<Tables>, user_id: number): Promise<Session['id'][]> {
  const sessions = await tx
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .execute()
  return sessions.map(({ id }) => id)
}

/**
 * The other live sessions of a session's user but those used last, the latter as many as `keep`. Lock the user first.
 * @returns their ids
 */
export async function leastRecentlyUsed(
  tx: Transaction<Tables>,
  { id, user_id }: Pick<Session, 'id' | 'user_id'>,
  idleMs: number,
  keep: number,
): Promise<Session['id'][]> {
  const sessions = await tx
    .selectFrom('sessions')
    .select('id')
    .where(live(tx, user_id, idleMs))
    .where('id', '!=', id)
    .orderBy('rotated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(Number.MAX_SAFE_INTEGER)
    .offset(keep)
    .execute()
  return sessions.map(({ id }) => id)
}

/** Ids in one statement: neither database takes an unlimited number of parameters. */
const IDS_MAX = 10_000

/** Revokes these sessions of a user. Lock the user first. */
export async function revokeSessions(tx: Transaction<Tables>, user_id: number, ids: Session['id'][]): Promise<void> {
  for (let i = 0; i < ids.length; i += IDS_MAX)
    await tx
      .updateTable('sessions')
      .set({ revoked_at: databaseNow(tx), changed_at: databaseNow(tx) })
      .where('user_id', '=', user_id)
      .where('revoked_at', 'is', null)
      .where('id', 'in', ids.slice(i, i + IDS_MAX))
      .execute()
}
