import type { Kysely, Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { noteActor } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, lockUser } from '#sql/users.ts'

/** Nobody but the owner changes contacts: so the events say. */
export function asOwner<Result>(
  db: Kysely<Tables>,
  userId: number,
  work: (tx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return transaction(db, tx => {
    noteActor(tx, userId)
    return work(tx)
  })
}

/**
 * What adds contacts runs one after the other for each user: it counts them first, and no two may have one UID.
 * @throws userNotFound
 */
export async function lockOwner(tx: Transaction<Tables>, userId: number): Promise<void> {
  await lockUser(tx, userId)
  if (!(await findUser(tx, userId))) throw errors.userNotFound()
}
