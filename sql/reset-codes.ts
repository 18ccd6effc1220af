/** The six digits of a password mail. What they are, plugins/reset-codes.ts knows; here it is counted how often they were guessed at. */
import type { Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** Then a code is dead, guessed or not. */
const MAX_TRIES = 5

/**
 * Makes a mail's code the user's only one. The second copy of a mail has the same code, and takes no guess back.
 * Call it where the user's row is locked.
 */
export async function putResetCode(
  tx: Transaction<Tables>,
  code: { user_id: string; outbox_id: string; expires_at: number },
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
    .values({ ...code, tries: 0 })
    .execute()
}

/**
 * Counts a guess, before it is looked at.
 * @returns the mail whose code may be compared, or undefined where none lives any more
 */
export async function countGuess(tx: Transaction<Tables>, user_id: string): Promise<string | undefined> {
  const { numUpdatedRows } = await tx
    .updateTable('reset_codes')
    .set(eb => ({ tries: eb('tries', '+', 1) }))
    .where('user_id', '=', user_id)
    .where('tries', '<', MAX_TRIES)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
  const row = await tx.selectFrom('reset_codes').select('outbox_id').where('user_id', '=', user_id).executeTakeFirst()
  return numUpdatedRows === 1n ? row?.outbox_id : undefined
}

export async function deleteResetCode(tx: Transaction<Tables>, user_id: string): Promise<void> {
  await tx.deleteFrom('reset_codes').where('user_id', '=', user_id).execute()
}
