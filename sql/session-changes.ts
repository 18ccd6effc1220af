/** Recent rotations and revocations, from which each process rebuilds its revocation map. */
import type { Kysely } from 'kysely'
import { readClock } from './connection/clock.ts'
import type { Session } from './sessions.ts'
import type { Tables } from './tables.ts'

export type SessionChange = Pick<Session, 'id' | 'generation' | 'revoked_at' | 'changed_at'>

/**
 * Sessions with revoked tokens: changed within the last `within` ms, or since a time (by the database's clock) less an overlap.
 * @param pageSize rows per statement, because each statement has a timeout
 */
export async function changedSessions(
  db: Kysely<Tables>,
  window: { within: number } | { since: number; overlap: number },
  pageSize = 20_000,
): Promise<{ now: number; sessions: SessionChange[] }> {
  const now = await readClock(db)
  // A clock that was set back must not hide what was written after it.
  const from = 'within' in window ? now - window.within : Math.min(window.since, now) - window.overlap
  const sessions: SessionChange[] = []
  let last = { id: '', changed_at: from }
  while (true) {
    const page = await changedAfter(db, last, pageSize)
    for (const session of page) sessions.push(session)
    last = page.at(-1) ?? last
    if (page.length < pageSize) return { now, sessions }
  }
}

function changedAfter(
  db: Kysely<Tables>,
  { id, changed_at }: Pick<Session, 'id' | 'changed_at'>,
  limit: number,
): Promise<SessionChange[]> {
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
