import type { Kysely, Transaction } from 'kysely'
import { addAuditEvent, forgetAuditEvents } from './audit-events.ts'
import { forgetChangeEvents } from './change-events.ts'
import { noteChange } from './connection/changes.ts'
import { browsersOf, deleteRecordsOf } from './oauth-records.ts'
import { forgetMails } from './outbox.ts'
import type { Tables } from './tables.ts'
import type { User } from './users.ts'
import { forgetDeliveries } from './webhook-deliveries.ts'

/** Has the user's e-mail never been verified, nor anything changed since `before` (ms since 1970)? Imported accounts count from their import. */
export function isUnused({ email_verified, last_login_at, updated_at }: User, before: number): boolean {
  return !email_verified && last_login_at === null && updated_at < before
}

export function listUnused(db: Kysely<Tables>, before: number, limit: number): Promise<Pick<User, 'id'>[]> {
  return db
    .selectFrom('users')
    .select('id')
    .where('email_verified', '=', 0)
    .where('last_login_at', 'is', null)
    .where('updated_at', '<', before)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/**
 * Deletes a user and all rows that belong to it; tables with a foreign key cascade. What remains is an audit event that says who did it. Revoke its sessions first, in the same
 * transaction: their rows stay, without personal data, until no process can still accept one of their tokens.
 */
export async function deleteUser(
  tx: Transaction<Tables>,
  id: number,
  actor_id: number | null = null,
): Promise<boolean> {
  await forgetAuditEvents(tx, id)
  await forgetMails(tx, id)
  await forgetChangeEvents(tx, id)
  await forgetDeliveries(tx, id)
  await deleteRecordsOf(tx, browsersOf(id))
  await tx.updateTable('sessions').set({ user_agent: null, ip: null }).where('user_id', '=', id).execute()
  const { numDeletedRows } = await tx.deleteFrom('users').where('id', '=', id).executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  noteChange(tx, 'person', 'deleted', { user_id: id })
  await addAuditEvent(tx, { kind: 'deleted', user_id: id, actor_id, session_id: null, ip: null, user_agent: null })
  return true
}
