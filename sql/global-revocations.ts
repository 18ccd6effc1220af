/** Revocations of all sessions. Each is one row: the sessions opened before its time are revoked, whatever their own rows say. */
import { type Kysely, sql } from 'kysely'
import { readClock } from './connection/clock.ts'
import { isDuplicate } from './connection/errors.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    global_revocations: GlobalRevocationsTable
  }
}

export interface GlobalRevocationsTable {
  /** By the database's clock; a whole second, because `iat` is compared with it. */
  not_before: number
}

/** As part of a query of `sessions`: when the session was revoked together with all others; null if it was not. */
export const revokedWithAll = sql<
  number | null
>`(select min(not_before) from global_revocations where not_before > sessions.created_at)`

/** Every session opened before this is revoked (ms since 1970); 0 if all sessions never were. */
export async function findNotBefore(db: Kysely<Tables>): Promise<number> {
  const { not_before } = await db
    .selectFrom('global_revocations')
    .select(({ fn }) => fn.max('not_before').as('not_before'))
    .executeTakeFirstOrThrow()
  return not_before ?? 0
}

const SECOND_MS = 1000

/**
 * Revokes every session opened before the returned time (ms since 1970), which is up to two seconds ahead: it is still ahead when the commit
 * is acknowledged, however long that took. So whoever reads a later clock sees the row, and no token that is issued later escapes it.
 */
export async function revokeAllSessions(db: Kysely<Tables>): Promise<number> {
  while (true) {
    const not_before = (Math.floor((await readClock(db)) / SECOND_MS) + 2) * SECOND_MS
    await db.insertInto('global_revocations').values({ not_before }).execute().catch(unlessDuplicate)
    if ((await readClock(db)) < not_before) return not_before
  }
}

/** Somebody else did the same in this second. */
function unlessDuplicate(error: unknown): void {
  if (!isDuplicate(error)) throw error
}
