import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { insertLinkedLogin, listLinkedLogins, type SealedTokens } from '#sql/linked-logins.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import { Outdated } from './retry.ts'

/** Bounds the table, and the lists of it. */
const LINKED_LOGINS_MAX = 20

/**
 * Lets an identity open an account that exists. Lock the user first.
 * @throws tooManyLinkedLogins; {Outdated} if somebody else has just linked the identity
 */
export async function addLinkedLogin(
  tx: Transaction<Tables>,
  userId: User['id'],
  identity: ProviderIdentity,
  tokens: SealedTokens | undefined,
): Promise<void> {
  if ((await listLinkedLogins(tx, userId)).length >= LINKED_LOGINS_MAX) throw errors.tooManyLinkedLogins()
  if (!(await insertLinkedLogin(tx, userId, identity, tokens))) throw new Outdated()
}
