/** The change events of accounts: what they are is seen by comparing the user's row before and after. */
import type { Transaction } from 'kysely'
import { noteChange } from './connection/changes.ts'
import type { Tables } from './tables.ts'
import { findUser, NO_PASSWORD, notePassword, type User } from './users.ts'

/** What the API shows of an account, and what it calls so. */
const SHOWN = [
  'email',
  'access_role',
  'email_verified',
  'disabled',
  'first_name',
  'last_name',
  'phone_number',
  'address',
  'national_id',
  'locale',
  'mfa_enabled',
  'avatar_url',
] as const

/** What has become of a user by the end of a unit of work, which has locked the row. */
export async function noteUserChanges(tx: Transaction<Tables>, before: User): Promise<void> {
  const { id } = before
  const after = await findUser(tx, id)
  // The deletion has noted itself.
  if (!after) return
  const changed = SHOWN.filter(name => after[name] !== before[name])
  if (changed.length > 0) noteChange(tx, 'person', 'updated', { user_id: id, changed })
  if (after.password_hash === before.password_hash) return
  if (after.password_hash === NO_PASSWORD) notePassword(tx, 'deleted', id)
  else notePassword(tx, before.password_hash === NO_PASSWORD ? 'created' : 'updated', id)
}
