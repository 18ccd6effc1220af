/** Recent rotations and revocations, from which each process builds its revocation map. */
import type { Kysely } from 'kysely'
import type { Session } from './sessions.ts'
import type { Tables } from './tables.ts'

export type SessionChange = Pick<Session, 'id' | 'generation' | 'revoked_at' | 'changed_at'>

/**
 * Sessions with revoked tokens that changed at a time (ms, by the database's clock) or later, page by page: each statement has a timeout, and
 * millions of sessions fit no array.
 */
export async function* changedSessions(
  db: Kysely<Tables>,
  from: number,
  pageSize = 10_000,
): AsyncGenerator<SessionChange[]> {
  let last = { id: '', changed_at: from }
  while (true) {
    const page = await changedAfter(db, last, pageSize)
    yield page
    last = page.at(-1) ?? last
    if (page.length < pageSize) return
  }
}

/** The condition names the last row completely: millions may have changed in the same millisecond, and no page may read again those before it. */
function changedAfter(
  db: Kysely<Tables>,
  { id, changed_at }: Pick<Session, 'id' | 'changed_at'>,
  limit: number,
): Promise<SessionChange[]> {
  return db
    .selectFrom('sessions')
    .select(['id', 'generation', 'revoked_at', 'changed_at'])
    .where('changed_at', '>=', changed_at)
    .where(where =>
      where.or([
        where('changed_at', '>', changed_at),
        where.and([where('changed_at', '=', changed_at), where('id', '>', id)]),
      ]),
    )
    .where(where => where.or([where('generation', '>', 1), where('revoked_at', 'is not', null)]))
    .orderBy('changed_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}
