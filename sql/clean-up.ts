/** What nobody needs any more, taken away in small bites: keys first, then the rows, so that no lock is held for long. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** How long things are kept after their end (ms). */
export interface Retention {
  sessions: number
  mails: number
  /** Longer than the mail may wait, and its link then works. */
  emailChanges: number
  events: number
  /** Longer than clocks differ: a challenge that was forgotten too early could be answered again. */
  challenges: number
}

/** Rows that go at a time, of each kind. */
const BATCH = 500

/**
 * A bite at each kind of leftovers.
 * @returns how many rows went; 0 when nothing is left to do
 */
export async function cleanUp(db: Kysely<Tables>, keep: Retention): Promise<number> {
  const now = Date.now()
  const counts = [
    await bite(db, 'sessions', 'id', 'revoked_at', now - keep.sessions),
    await bite(db, 'sessions', 'id', 'expires_at', now - keep.sessions),
    await bite(db, 'one_time_tokens', 'token_hash', 'expires_at', now),
    await bite(db, 'reset_codes', 'user_id', 'expires_at', now),
    await bite(db, 'mfa_challenges', 'id', 'expires_at', now),
    await bite(db, 'used_challenges', 'id', 'expires_at', now - keep.challenges),
    await bite(db, 'email_changes', 'user_id', 'created_at', now - keep.emailChanges),
    await bite(db, 'outbox', 'id', 'finished_at', now - keep.mails),
    await bite(db, 'events', 'id', 'created_at', now - keep.events),
  ]
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The time is asked again in the deletion: a row may have been renewed since it was seen. */
async function bite(
  db: Kysely<Tables>,
  table: keyof Tables,
  key: string,
  time: string,
  before: number,
): Promise<number> {
  const old = sql`${sql.ref(time)} < ${before}`
  const seen = await sql<{
    id: string
  }>`select ${sql.ref(key)} as id from ${sql.table(table)} where ${old} limit ${BATCH}`.execute(db)
  if (seen.rows.length === 0) return 0
  const ids = sql.join(seen.rows.map(row => row.id))
  const { numAffectedRows } =
    await sql`delete from ${sql.table(table)} where ${sql.ref(key)} in (${ids}) and ${old}`.execute(db)
  return Number(numAffectedRows)
}

/**
 * Takes a lease, if nobody holds it: one process at a time does the work, and a dead one's lease ends by itself.
 * @param until ms since 1970
 */
export async function takeLease(db: Kysely<Tables>, name: string, until: number): Promise<boolean> {
  await db.insertInto('leases').ignore().values({ name, leased_until: 0 }).execute()
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ leased_until: until })
    .where('name', '=', name)
    .where('leased_until', '<', Date.now())
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Gives a lease back that ends at `until`, unless it was taken over since. */
export async function releaseLease(db: Kysely<Tables>, name: string, until: number): Promise<void> {
  await db
    .updateTable('leases')
    .set({ leased_until: 0 })
    .where('name', '=', name)
    .where('leased_until', '=', until)
    .execute()
}
