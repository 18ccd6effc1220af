import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { findLinkedLogin, recordLinkedLoginUse } from '#sql/linked-logins.ts'
import { findUser, type User } from '#sql/users.ts'
import type { Gate } from '../../auth/login/gate.ts'
import type { Consume } from '../../auth/mfa/types.ts'
import { FEDERATED_AMR } from '../../auth/sessions/amr.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import type { Client } from '../../http/client.ts'
import { createEstablish, provedEmail } from './establish.ts'
import { isPending, removePending } from './pending.ts'
import { Outdated, untilCurrent } from './retry.ts'
import { SIGNUP_TOKEN_TTL, type SignupTokens } from './signup-token.ts'
import type { TokenSeal } from './token-seal.ts'
import type { LinkedLogins } from './types.ts'

export function createLogIn(
  app: FastifyInstance,
  gate: Gate,
  signupTokens: SignupTokens,
  seal: TokenSeal,
): LinkedLogins['logIn'] {
  const { db } = app
  const establish = createEstablish(app, seal)

  /** The response is used up all the same: it must not be replayed once an account has the identity. */
  async function askForEmail(identity: ProviderIdentity, useUp: Consume): Promise<never> {
    await transaction(db, useUp)
    const details = { signup_token: signupTokens.issue(identity), expires_in: SIGNUP_TOKEN_TTL }
    throw errors.emailRequired({ details })
  }

  function open(user: User, identity: ProviderIdentity, client: Client, useUp: Consume) {
    // Only who holds the identity learns the state of the account.
    if (user.disabled) throw errors.accountDisabled()
    if (!user.email_verified) throw errors.emailUnverified()
    return gate.afterOneFactor(user, client, FEDERATED_AMR, {
      async consume(tx) {
        await useUp(tx)
        if (!(await recordLinkedLoginUse(tx, user.id, identity, seal(identity)))) throw new Outdated()
      },
    })
  }

  return (identity, client, useUp) => {
    const email = provedEmail(identity)
    let consume = useUp
    return untilCurrent(async () => {
      const link = await findLinkedLogin(db, identity)
      const user = link && (await findUser(db, link.user_id))
      if (user && !isPending(user)) return open(user, identity, client, consume)
      if (email === undefined) return askForEmail(identity, consume)
      // The provider proves an address by now: the one that was typed is no longer waited for.
      if (user) await removePending(app, user.id, client)
      await establish(identity, email, client, consume)
      // The transaction that linked the identity has used it up.
      consume = async () => {}
      return undefined
    })
  }
}
