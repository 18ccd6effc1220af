import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, lockUser } from '#sql/users.ts'

/**
 * What adds contacts runs one after the other for each user: it counts them first, and no two may have one UID.
 * @throws userNotFound
 */
export async function lockOwner(tx: Transaction<Tables>, userId: number): Promise<void> {
  await lockUser(tx, userId)
  if (!(await findUser(tx, userId))) throw errors.userNotFound()
}
