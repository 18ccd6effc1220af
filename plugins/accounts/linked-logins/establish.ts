/** An identity that nobody has yet: whose account it opens from now on. */
import type { FastifyInstance } from 'fastify'
import { EMAIL_PATTERN } from '#schemas/email.ts'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail } from '#sql/outbox.ts'
import { findUserByEmail, NO_PASSWORD, resetPassword, type User, updateUser } from '#sql/users.ts'
import type { Consume } from '../../auth/mfa/types.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import { type Client, originOf } from '../../http/client.ts'
import { canonicalEmail } from '../../http/validation/email.ts'
import { addLinkedLogin } from './add.ts'
import { describe } from './describe.ts'
import { insertAccount } from './new-account.ts'
import { Outdated, outdatedIfGone } from './retry.ts'
import type { TokenSeal } from './token-seal.ts'

type Establish = (identity: ProviderIdentity, email: string, client: Client, useUp: Consume) => Promise<void>

const pattern = new RegExp(EMAIL_PATTERN, 'u')

/** The address that the provider proves, in canonical form. */
export function provedEmail({ email, emailVerified }: ProviderIdentity): string | undefined {
  return email !== null && emailVerified && pattern.test(email) ? canonicalEmail(email) : undefined
}

/**
 * Links the identity to the account that has its address, or to a new one.
 * @throws {Outdated} and duplicate-key errors if others were faster; accountDisabled; what `useUp` throws
 */
export function createEstablish(app: FastifyInstance, seal: TokenSeal): Establish {
  const { accounts, db, earlierHolder, mailer, social } = app

  async function create(identity: ProviderIdentity, email: string, client: Client, useUp: Consume): Promise<void> {
    await transaction(db, async tx => {
      await useUp(tx)
      const user_id = await insertAccount(tx, identity, email, client, seal(identity))
      await updateUser(tx, user_id, { email_verified: 1, owner_proved_at: Date.now() })
      await addAuditEvent(tx, { kind: 'login-linked', user_id, session_id: null, ...originOf(client) })
      await addMail(tx, { template: 'account-created', user_id, recipient: email, details: describe(identity, social) })
    })
    mailer.wake()
  }

  function adopt(owner: User, identity: ProviderIdentity, client: Client, useUp: Consume): Promise<void> {
    const adoption = accounts.change(owner.id, client, async (tx, user, effects) => {
      if (user.email !== owner.email) throw new Outdated()
      // The provider has proved the mailbox, so its owner may learn the state of the account.
      if (user.disabled) throw errors.accountDisabled()
      await useUp(tx)
      if (!user.email_verified || user.owner_proved_at === null) {
        // Whoever signed up may have been somebody else, who typed the address of this mailbox.
        await earlierHolder.evict(tx, user, effects, user.password_hash === NO_PASSWORD ? [] : ['the password'])
        await resetPassword(tx, user.id, NO_PASSWORD)
        if (!user.email_verified) await effects.auditEvent('email-verified')
      }
      await addLinkedLogin(tx, user.id, identity, seal(identity))
      await effects.auditEvent('login-linked')
      await effects.mail('login-linked', user.email, describe(identity, social))
    })
    return adoption.catch(outdatedIfGone)
  }

  return async (identity, email, client, useUp) => {
    const owner = await findUserByEmail(db, email)
    await (owner ? adopt(owner, identity, client, useUp) : create(identity, email, client, useUp))
  }
}
