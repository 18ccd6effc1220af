import type { Transaction } from 'kysely'
import { deleteEmailChange } from './email-changes.ts'
import { deleteOneTimeTokens } from './one-time-tokens.ts'
import { deleteResetCode } from './reset-codes.ts'
import type { Tables } from './tables.ts'

/**
 * Invalidates every link and code that was mailed to a user, or waits in the outbox, and a pending e-mail change: after a password
 * change or reset, an intruder who requested one must not be able to use it.
 */
export async function invalidateEmailTokens(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await deleteOneTimeTokens(tx, user_id)
  await deleteResetCode(tx, user_id)
  await deleteEmailChange(tx, user_id)
  await tx.updateTable('users').set({ links_since: Date.now() }).where('id', '=', user_id).execute()
}
