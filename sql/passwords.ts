import type { Transaction } from 'kysely'
import type { Tables } from './tables.ts'
import type { User } from './users.ts'

/**
 * Puts a new hash in the place of the one that was verified. False where the account changed since it was read; else its row is locked,
 * so that no login with the old password can slip in beside.
 */
export async function replacePassword(tx: Transaction<Tables>, user: User, password_hash: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set({ password_hash, updated_at: Date.now() })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Sets the password of whoever reads the account's mailbox: that proves the address, too. */
export async function resetPassword(tx: Transaction<Tables>, id: string, password_hash: string): Promise<void> {
  await tx
    .updateTable('users')
    .set({ password_hash, email_verified: 1, updated_at: Date.now() })
    .where('id', '=', id)
    .execute()
}

/** Voids every mailed link and code of a user, and forgets a wish for another address: whoever started them may be whom the user locks out. */
export async function voidMailedProofs(tx: Transaction<Tables>, user_id: string): Promise<void> {
  await tx.deleteFrom('one_time_tokens').where('user_id', '=', user_id).execute()
  await tx.deleteFrom('reset_codes').where('user_id', '=', user_id).execute()
  await tx.deleteFrom('email_changes').where('user_id', '=', user_id).execute()
}
