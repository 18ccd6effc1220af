/** Addresses that somebody wants instead of the one they have, until the mailed link is opened. */
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { EmailChangesTable, Tables } from './tables.ts'

export type EmailChange = Selectable<EmailChangesTable>

/** The newest wish counts: an older one is forgotten, and its link void. Call it where the user's row is locked. */
export async function putEmailChange(tx: Transaction<Tables>, change: Omit<EmailChange, 'created_at'>): Promise<void> {
  const { user_id } = change
  await tx.deleteFrom('one_time_tokens').where('user_id', '=', user_id).where('purpose', '=', 'email-change').execute()
  await tx.deleteFrom('email_changes').where('user_id', '=', user_id).execute()
  await tx
    .insertInto('email_changes')
    .values({ ...change, created_at: Date.now() })
    .execute()
}

/** The wish that this mail is about, if it still stands. */
export async function findEmailChange(
  db: Kysely<Tables>,
  user_id: string,
  outbox_id: string,
): Promise<EmailChange | undefined> {
  return db
    .selectFrom('email_changes')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('outbox_id', '=', outbox_id)
    .executeTakeFirst()
}

/**
 * Gives the user the address, which its mailbox's owner has proved to be theirs.
 * @throws the driver's duplicate-key error where the address is taken: ask `isDuplicate`
 */
export async function changeEmail(tx: Transaction<Tables>, { user_id, new_email }: EmailChange): Promise<void> {
  await tx
    .updateTable('users')
    .set({ email: new_email, email_verified: 1, updated_at: Date.now() })
    .where('id', '=', user_id)
    .execute()
}
