/** Deletion of expired rows in small batches, so that no lock is held for long. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** How long rows are kept after their end (ms). */
export interface Retention {
  sessions: number
  mails: number
  /** Must exceed the time a mail may be retried plus the lifetime of its link. */
  emailChanges: number
  events: number
  /** Must exceed the clock skew between processes: a challenge that is deleted too early could be answered again. */
  challenges: number
}

const BATCH_SIZE = 500

/**
 * Deletes one batch of each kind.
 * @returns the number of rows deleted; 0 when nothing is left to do
 */
export async function cleanUp(db: Kysely<Tables>, keep: Retention): Promise<number> {
  const now = Date.now()
  const counts = [
    await deleteBatch(db, 'sessions', 'id', 'revoked_at', now - keep.sessions),
    await deleteBatch(db, 'sessions', 'id', 'expires_at', now - keep.sessions),
    await deleteBatch(db, 'one_time_tokens', 'token_hash', 'expires_at', now),
    await deleteBatch(db, 'reset_codes', 'user_id', 'expires_at', now),
    await deleteBatch(db, 'mfa_challenges', 'id', 'expires_at', now),
    await deleteBatch(db, 'used_challenges', 'id', 'expires_at', now - keep.challenges),
    await deleteBatch(db, 'email_changes', 'user_id', 'created_at', now - keep.emailChanges),
    await deleteBatch(db, 'outbox', 'id', 'finished_at', now - keep.mails),
    await deleteBatch(db, 'audit_events', 'id', 'created_at', now - keep.events),
  ]
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Selects keys first, then deletes by key; the DELETE repeats the condition because a row may have been renewed in between. */
async function deleteBatch(
  db: Kysely<Tables>,
  table: keyof Tables,
  key: string,
  column: string,
  before: number,
): Promise<number> {
  const expired = sql`${sql.ref(column)} < ${before}`
  const { rows } = await sql<{
    key: string | number
  }>`select ${sql.ref(key)} as ${sql.ref('key')} from ${sql.table(table)} where ${expired} limit ${BATCH_SIZE}`.execute(
    db,
  )
  if (rows.length === 0) return 0
  const keys = sql.join(rows.map(row => row.key))
  const { numAffectedRows } =
    await sql`delete from ${sql.table(table)} where ${sql.ref(key)} in (${keys}) and ${expired}`.execute(db)
  return Number(numAffectedRows)
}
