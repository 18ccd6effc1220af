/** What was used and must not be again: answered WebAuthn challenges, proofs of possession. They are signed and stored nowhere; this table makes each usable once. */
import type { Kysely } from 'kysely'
import { isDuplicate } from './connection/errors.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    used_challenges: UsedChallengesTable
  }
}

export interface UsedChallengesTable {
  id: string
  expires_at: number
}

/** Consumes a challenge, if it can in the transaction that does what its answer authorizes. Of any number of concurrent uses one succeeds. */
export async function consumeChallenge(db: Kysely<Tables>, challenge: UsedChallengesTable): Promise<boolean> {
  try {
    await db.insertInto('used_challenges').values(challenge).execute()
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
