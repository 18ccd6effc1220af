/** Pending e-mail changes: they take effect when the link sent to the new e-mail is opened. */
import type { Kysely, Selectable, Transaction } from 'kysely'
import { deleteOneTimeTokens } from './one-time-tokens.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    email_changes: EmailChangesTable
  }
}

export interface EmailChangesTable {
  user_id: number
  new_email: string
  /** The mail that carries the link: a link sent to another e-mail proves nothing about this one. */
  outbox_id: string
  created_at: number
}

export type EmailChange = Selectable<EmailChangesTable>

/** The latest change replaces an earlier one and invalidates its link. Lock the user first. */
export async function putEmailChange(tx: Transaction<Tables>, change: Omit<EmailChange, 'created_at'>): Promise<void> {
  await cancelEmailChange(tx, change.user_id)
  await tx
    .insertInto('email_changes')
    .values({ ...change, created_at: Date.now() })
    .execute()
}

/** The pending change that a mail belongs to. */
export async function findEmailChange(
  db: Kysely<Tables>,
  user_id: number,
  outbox_id: string,
): Promise<EmailChange | undefined> {
  return db
    .selectFrom('email_changes')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('outbox_id', '=', outbox_id)
    .executeTakeFirst()
}

/** Deletes a pending change, and invalidates its link. Returns false if there is none. */
export async function cancelEmailChange(tx: Transaction<Tables>, user_id: number): Promise<boolean> {
  await deleteOneTimeTokens(tx, user_id, 'email-change')
  return deleteEmailChange(tx, user_id)
}

/** Returns false if there is none. */
export async function deleteEmailChange(tx: Transaction<Tables>, user_id: number): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('email_changes').where('user_id', '=', user_id).executeTakeFirst()
  return numDeletedRows > 0n
}
