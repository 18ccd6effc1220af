import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { findSession } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import { lockUser, type User } from '#sql/users.ts'
import type { AccessClaims } from '../tokens/claims.ts'

/** Who makes a change, as the access token claims. */
export type ChangeCaller = Pick<AccessClaims, 'user_id' | 'sid' | 'access_role'>

/**
 * Locks the rows of the user to change and of the caller, so that a demotion or disabling of the caller comes either before or after the change.
 * Ordered: two administrators who change each other do not deadlock.
 */
export async function lockUsers(tx: Transaction<Tables>, ...ids: User['id'][]): Promise<void> {
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) await lockUser(tx, id)
}

/**
 * What the caller's token claims must still be true once the row is locked: their requests in flight end with their session or their role.
 * @throws tokenInvalid
 */
export async function assertCaller(tx: Transaction<Tables>, { sid, access_role }: ChangeCaller): Promise<void> {
  const session = await findSession(tx, sid)
  if (session?.revoked_at !== null || session.disabled) throw errors.tokenInvalid()
  if (access_role === 'admin' && session.access_role !== 'admin') throw errors.tokenInvalid()
}
