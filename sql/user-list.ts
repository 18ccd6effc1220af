/** The list of users, for administrators. */
import type { Kysely } from 'kysely'
import type { Flag, Tables } from './tables.ts'
import type { AccessRole, User } from './users.ts'

export interface UserFilter {
  /** Prefix of the e-mail. */
  email?: string
  access_role?: AccessRole
  disabled?: Flag
  email_verified?: Flag
}

/**
 * A page of users by keyset pagination, so that every page costs the same: ordered by id, or by e-mail if that is searched.
 * @param after the last id (or e-mail) of the previous page
 */
export async function listUsers(
  db: Kysely<Tables>,
  filter: UserFilter,
  limit: number,
  after?: number | string,
): Promise<User[]> {
  const key = filter.email === undefined ? 'id' : 'email'
  let query = db.selectFrom('users').selectAll().orderBy(key).limit(limit)
  if (after !== undefined) query = query.where(key, '>', after)
  // DEL sorts after `~`: e-mails are printable ASCII, so this is the end of the range that starts with the prefix.
  if (filter.email !== undefined)
    query = query.where('email', '>=', filter.email).where('email', '<', `${filter.email}\x7f`)
  if (filter.access_role !== undefined) query = query.where('access_role', '=', filter.access_role)
  if (filter.disabled !== undefined) query = query.where('disabled', '=', filter.disabled)
  if (filter.email_verified !== undefined) query = query.where('email_verified', '=', filter.email_verified)
  return query.execute()
}
