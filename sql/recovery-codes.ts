/** Recovery codes, for a lost second factor. Each works once, and only hashes are stored. */
import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { noteChange } from './connection/changes.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    recovery_codes: RecoveryCodesTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    /** All of a user's. `left` is how many of them are not used. */
    recovery_code: { left: number }
  }
}

export interface RecoveryCodesTable {
  user_id: number
  /** SHA-256 in hexadecimal. */
  code_hash: string
}

/** A user has one set of codes: its id in events. */
const ID = 'recovery_codes'

/** Replaces all codes by a new set. */
export async function setRecoveryCodes(tx: Transaction<Tables>, user_id: number, codes: string[]): Promise<void> {
  await removeCodes(tx, user_id)
  await tx
    .insertInto('recovery_codes')
    .values(codes.map(code => ({ user_id, code_hash: hashCode(code) })))
    .execute()
  noteChange(tx, 'recovery_code', 'created', { user_id, id: ID, left: codes.length })
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
  if (numDeletedRows !== 1n) return false
  noteChange(tx, 'recovery_code', 'updated', { user_id, id: ID, left: await countRecoveryCodes(tx, user_id) })
  return true
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
  if ((await removeCodes(tx, user_id)) > 0) noteChange(tx, 'recovery_code', 'updated', { user_id, id: ID, left: 0 })
}

async function removeCodes(tx: Transaction<Tables>, user_id: number): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom('recovery_codes').where('user_id', '=', user_id).executeTakeFirst()
  return Number(numDeletedRows)
}

/** A plain hash is enough: 80 random bits cannot be guessed offline. */
function hashCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
