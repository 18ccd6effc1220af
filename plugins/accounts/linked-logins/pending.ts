import type { FastifyInstance } from 'fastify'
import { deleteUser } from '#sql/user-deletion.ts'
import { NO_PASSWORD, type User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import { outdatedIfGone } from './retry.ts'

/** Signed up by a provider that named no usable address, with one that nobody has verified yet. Nothing but the provider's login is in the account. */
export function isPending({ email_verified, last_login_at, owner_proved_at, password_hash }: User): boolean {
  return !email_verified && last_login_at === null && owner_proved_at === null && password_hash === NO_PASSWORD
}

/** Its address is no longer waited for. @throws {Outdated} if it is gone already */
export async function removePending({ accounts }: FastifyInstance, id: User['id'], client: Client): Promise<void> {
  const removal = accounts.change(id, client, async (tx, user) => {
    if (isPending(user)) await deleteUser(tx, id)
  })
  await removal.catch(outdatedIfGone)
}
