/** Recovery codes, for a lost second factor. Each works once, and only hashes are stored. */
import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    recovery_codes: RecoveryCodesTable
  }
}

export interface RecoveryCodesTable {
  user_id: number
  /** SHA-256 in hexadecimal. */
  code_hash: string
}

/** Replaces all codes by a new set. */
export async function setRecoveryCodes(tx: Transaction<Tables>, user_id: number, codes: string[]): Promise<void> {
  await deleteRecoveryCodes(tx, user_id)
  await tx
    .insertInto('recovery_codes')
    .values(codes.map(code => ({ user_id, code_hash: hashCode(code) })))
    .execute()
}

export async function hasRecoveryCode(db: Kysely<Tables>, user_id: number, code: string): Promise<boolean> {
  const row = await db
    .selectFrom('recovery_codes')
    .select('user_id')
    .where('user_id', '=', user_id)
    .where('code_hash', '=', hashCode(code))
    .executeTakeFirst()
  return row !== undefined
}

/** Consumes a code. Of any number of concurrent uses one succeeds. */
export async function consumeRecoveryCode(tx: Transaction<Tables>, user_id: number, code: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('recovery_codes')
    .where('user_id', '=', user_id)
    .where('code_hash', '=', hashCode(code))
    .executeTakeFirst()
  return numDeletedRows === 1n
}

export async function countRecoveryCodes(db: Kysely<Tables>, user_id: number): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_codes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  return count
}

export async function deleteRecoveryCodes(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('user_id', '=', user_id).execute()
}

/** A plain hash is enough: 80 random bits cannot be guessed offline. */
function hashCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
