/** Attempts at the six-digit codes of password mails. The code itself is an HMAC of `outbox_id` and is not stored. */
import type { Transaction } from 'kysely'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    reset_codes: ResetCodesTable
  }
}

export interface ResetCodesTable {
  user_id: number
  /** The mail that carries the code. */
  outbox_id: string
  attempts: number
  expires_at: number
}

/** A code is invalid after this many attempts. */
const MAX_ATTEMPTS = 5

/**
 * Makes a mail's code the user's only one. A mail that is sent twice has the same code both times, and keeps its count of attempts.
 * Lock the user first.
 */
export async function putResetCode(
  tx: Transaction<Tables>,
  code: Pick<ResetCodesTable, 'user_id' | 'outbox_id' | 'expires_at'>,
): Promise<void> {
  const { user_id, outbox_id, expires_at } = code
  const { numUpdatedRows } = await tx
    .updateTable('reset_codes')
    .set({ expires_at })
    .where('user_id', '=', user_id)
    .where('outbox_id', '=', outbox_id)
    .executeTakeFirst()
  if (numUpdatedRows === 1n) return
  await deleteResetCode(tx, user_id)
  await tx
    .insertInto('reset_codes')
    .values({ ...code, attempts: 0 })
    .execute()
}

/**
 * Counts an attempt before the code is compared, so that parallel guesses cannot exceed the limit.
 * @returns the mail whose code to compare with, or undefined if the user has no valid code
 */
export async function countResetAttempt(tx: Transaction<Tables>, user_id: number): Promise<string | undefined> {
  const { numUpdatedRows } = await tx
    .updateTable('reset_codes')
    .set(eb => ({ attempts: eb('attempts', '+', 1) }))
    .where('user_id', '=', user_id)
    .where('attempts', '<', MAX_ATTEMPTS)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
  const row = await tx.selectFrom('reset_codes').select('outbox_id').where('user_id', '=', user_id).executeTakeFirst()
  return numUpdatedRows === 1n ? row?.outbox_id : undefined
}

export async function deleteResetCode(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx.deleteFrom('reset_codes').where('user_id', '=', user_id).execute()
}
