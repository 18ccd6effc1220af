/** Refresh tokens that were used up. Who sends one again has stolen it, or lost it to a thief: so they are known as long as their session lives. */
import { type Kysely, sql } from 'kysely'
import { databaseNow } from './connection/clock.ts'
import type { Tables } from './tables.ts'

/** Instead of when: their index has them apart from those that are still to be forgotten. */
const LONG_AGO = 0

const BATCH_SIZE = 500

/**
 * Forgets, in one batch, what tokens could do that were used so long ago (ms), and keeps them no longer than their session.
 * @returns the number of tokens
 */
export async function forgetUsedTokens(db: Kysely<Tables>, olderThanMs: number): Promise<number> {
  const tokens = await db
    .selectFrom('oauth_records')
    .select('id')
    .where('model', '=', 'RefreshToken')
    .where('consumed_at', '>', LONG_AGO)
    .where('consumed_at', '<', sql<number>`${databaseNow(db)} - ${olderThanMs}`)
    .limit(BATCH_SIZE)
    .execute()
  if (tokens.length === 0) return 0
  const ids = tokens.map(({ id }) => id)
  const sessionEnds = sql<number>`coalesce((select sessions.expires_at from sessions where sessions.id = oauth_records.grant_id), 0)`
  await db
    .updateTable('oauth_records')
    .set({ consumed_at: LONG_AGO, payload: '', expires_at: sessionEnds })
    .where('id', 'in', ids)
    .execute()
  return ids.length
}
