import type { Transaction } from 'kysely'
import type { Tables } from '#sql/tables.ts'
import type { AccessClaims } from '../tokens/claims.ts'

/**
 * Uses up what was verified, in the transaction that does what it allows. Throws if a concurrent request was faster: then nothing
 * is done.
 */
export type Consume = (tx: Transaction<Tables>) => Promise<void>

/** The user and session of an access token. */
export type Caller = Pick<AccessClaims, 'user_id' | 'sid'>
