/** Recovery codes: what opens an account whose second factor is lost. Each works once, and only hashes are kept. */
import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** Puts a new set in the place of the old one. */
export async function setRecoveryCodes(tx: Transaction<Tables>, user_id: string, codes: string[]): Promise<void> {
  await deleteRecoveryCodes(tx, user_id)
  await tx
    .insertInto('recovery_codes')
    .values(codes.map(code => ({ user_id, code_hash: hashOf(code) })))
    .execute()
}

export async function hasRecoveryCode(db: Kysely<Tables>, user_id: string, code: string): Promise<boolean> {
  const row = await db
    .selectFrom('recovery_codes')
    .select('user_id')
    .where('user_id', '=', user_id)
    .where('code_hash', '=', hashOf(code))
    .executeTakeFirst()
  return row !== undefined
}

/** Uses a code up. Of any number of simultaneous uses one succeeds. */
export async function consumeRecoveryCode(tx: Transaction<Tables>, user_id: string, code: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('recovery_codes')
    .where('user_id', '=', user_id)
    .where('code_hash', '=', hashOf(code))
    .executeTakeFirst()
  return numDeletedRows === 1n
}

export async function countRecoveryCodes(db: Kysely<Tables>, user_id: string): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_codes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  return count
}

export async function deleteRecoveryCodes(tx: Transaction<Tables>, user_id: string): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('user_id', '=', user_id).execute()
}

/** 80 random bits need no slow hash, nor a secret that may be rotated. */
function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
