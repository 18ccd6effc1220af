/** Logins whose password was correct and that wait for the second factor. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    mfa_challenges: MfaChallengesTable
  }
}

export interface MfaChallengesTable {
  id: string
  user_id: number
  attempts: number
  expires_at: number
}

export async function insertMfaChallenge(
  db: Kysely<Tables>,
  challenge: Omit<MfaChallengesTable, 'attempts'>,
): Promise<void> {
  await db
    .insertInto('mfa_challenges')
    .values({ ...challenge, attempts: 0 })
    .execute()
}

/** Counts one of `max` attempts before it is checked, so that parallel guesses cannot exceed the limit. Returns false if none is left. */
export async function countMfaAttempt(db: Kysely<Tables>, id: string, max: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('mfa_challenges')
    .set({ attempts: sql<number>`attempts + 1` })
    .where('id', '=', id)
    .where('attempts', '<', max)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** One that was not used, has attempts left or not, and has not expired. */
export async function findMfaChallenge(
  db: Kysely<Tables>,
  id: string,
): Promise<Pick<MfaChallengesTable, 'attempts'> | undefined> {
  return db
    .selectFrom('mfa_challenges')
    .select('attempts')
    .where('id', '=', id)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
}

/** Consumes a challenge in the transaction that opens the session. Of any number of concurrent uses one succeeds. */
export async function consumeMfaChallenge(tx: Transaction<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('mfa_challenges').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}

export async function deleteMfaChallenges(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx.deleteFrom('mfa_challenges').where('user_id', '=', user_id).execute()
}
