import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { findLinkedLogin, type SealedTokens } from '#sql/linked-logins.ts'
import type { Tables } from '#sql/tables.ts'
import { deleteUser } from '#sql/user-deletion.ts'
import { findUser, type User } from '#sql/users.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import { addLinkedLogin } from './add.ts'
import { describe } from './describe.ts'
import { isPending } from './pending.ts'
import { untilCurrent } from './retry.ts'
import type { TokenSeal } from './token-seal.ts'
import type { LinkedLogins } from './types.ts'

/** @returns false if the user has the identity already */
async function take(
  tx: Transaction<Tables>,
  user: User,
  identity: ProviderIdentity,
  tokens: SealedTokens | undefined,
): Promise<boolean> {
  const link = await findLinkedLogin(tx, identity)
  if (link?.user_id === user.id) return false
  const holder = link && (await findUser(tx, link.user_id))
  if (holder && !isPending(holder)) throw errors.loginMethodTaken()
  // Somebody who signed up by the provider, and remembered the account they had before they verified another address.
  if (holder) await deleteUser(tx, holder.id)
  await addLinkedLogin(tx, user.id, identity, tokens)
  return true
}

export function createLink({ accounts, social }: FastifyInstance, seal: TokenSeal): LinkedLogins['link'] {
  return async (identity, caller, client, stepUp, useUp) => {
    const attempt = () =>
      accounts.change(
        caller.user_id,
        client,
        async (tx, user, effects) => {
          await useUp(tx)
          if (!(await take(tx, user, identity, seal(identity)))) return true
          await effects.endSessions({ except: caller.sid })
          await effects.auditEvent('login-linked', caller.sid)
          await effects.mail('login-linked', user.email, describe(identity, social))
          return true
        },
        { caller, stepUp },
      )
    await untilCurrent(attempt)
  }
}
