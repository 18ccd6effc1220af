import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { findLinkedLogin } from '#sql/linked-logins.ts'
import { addMail } from '#sql/outbox.ts'
import { findUser, findUserByEmail, skipUserId } from '#sql/users.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import type { Client } from '../../http/client.ts'
import { insertAccount } from './new-account.ts'
import { isPending, removePending } from './pending.ts'
import { untilCurrent } from './retry.ts'
import type { SignupTokens } from './signup-token.ts'
import type { LinkedLogins } from './types.ts'

/**
 * An address that was typed proves nothing, so it never links to an account that exists: its owner logs in there, and links the provider in that session.
 * The new account's mailbox is not proved to be of the provider's user either, so that a reset of the password removes what a stranger has linked.
 */
export function createSignUp(app: FastifyInstance, signupTokens: SignupTokens): LinkedLogins['signUp'] {
  const { config, db, mailer } = app

  function create(identity: ProviderIdentity, email: string, client: Client): Promise<void> {
    return transaction(db, async tx => {
      const user_id = await insertAccount(tx, identity, email, client)
      await addMail(tx, { template: 'email-verification', user_id, recipient: email })
    })
  }

  async function attempt(identity: ProviderIdentity, email: string, client: Client): Promise<true> {
    const link = await findLinkedLogin(db, identity)
    const user = link && (await findUser(db, link.user_id))
    if (user && !isPending(user)) throw errors.loginMethodTaken()
    // An address that was mistyped. Its account gives way to a new one whether or not the next address is taken: neither its link nor the ids tell which.
    if (user) await removePending(app, user.id, client)
    await create(identity, email, client).catch(async error => {
      const taken = isDuplicate(error) && (await findUserByEmail(db, email))
      if (!taken) throw error
      if (!config.HIDE_ACCOUNTS) throw errors.userAlreadyExists()
      await skipUserId(db)
      await addMail(db, { template: 'account-exists', user_id: null, recipient: email })
    })
    mailer.wake()
    return true
  }

  return async (signupToken, email, client) => {
    const identity = signupTokens.open(signupToken)
    await untilCurrent(() => attempt(identity, email, client))
  }
}
