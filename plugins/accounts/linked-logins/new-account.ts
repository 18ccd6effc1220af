import type { Transaction } from 'kysely'
import { addAuditEvent } from '#sql/audit-events.ts'
import { insertLinkedLogin, type SealedTokens } from '#sql/linked-logins.ts'
import type { Tables } from '#sql/tables.ts'
import { insertUser, NO_PASSWORD, type User } from '#sql/users.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import { type Client, originOf } from '../../http/client.ts'
import { Outdated } from './retry.ts'

/**
 * An account that only the identity opens.
 * @returns its id
 * @throws {Outdated} if somebody has the identity; a duplicate-key error if somebody has the e-mail
 */
export async function insertAccount(
  tx: Transaction<Tables>,
  identity: ProviderIdentity,
  email: string,
  client: Client,
  tokens?: SealedTokens,
): Promise<User['id']> {
  const locale = client.language ?? null
  const user_id = await insertUser(tx, { email, password_hash: NO_PASSWORD, access_role: 'basic', locale })
  if (!(await insertLinkedLogin(tx, user_id, identity, tokens))) throw new Outdated()
  await addAuditEvent(tx, { kind: 'signed-up', user_id, session_id: null, ...originOf(client) })
  return user_id
}
