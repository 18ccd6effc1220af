// app.reauthenticate, app.waysToReauthenticate: a logged-in user authenticates again. The session's earlier tokens die, so that those who hold a stolen one gain nothing.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { type MfaMethod, mfaMethods } from '#sql/second-factors.ts'
import { bumpGeneration, recordReauthentication } from '#sql/sessions.ts'
import { findUser, NO_PASSWORD, type User } from '#sql/users.ts'
import { PasskeyCloned } from '../auth/passkeys/types.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import type { ActiveSession } from '../auth/sessions/types.ts'
import type { Proof } from '../auth/step-up/authenticate.ts'
import { type Client, originOf } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * @returns the session in its next generation
     * @throws reauthenticationRequired, passwordWrong, otpInvalid, recoveryCodeInvalid, passkeyInvalid; tooManyAttempts; tokenInvalid, userNotFound
     */
    reauthenticate(caller: ChangeCaller, proof: Proof, client: Client): Promise<ActiveSession>
    /** What the user can do it with. @throws userNotFound */
    waysToReauthenticate(userId: User['id']): Promise<WaysToReauthenticate>
  }
}

interface WaysToReauthenticate {
  password: boolean
  /** What a password or a provider needs besides. A passkey is both factors. */
  secondFactors: MfaMethod[]
  providers: { key: string; name: string }[]
}

export default fp(
  async app => {
    app.decorate('reauthenticate', reauthenticate(app))
    app.decorate('waysToReauthenticate', waysToReauthenticate(app))
  },
  { name: 'reauthentication', dependencies: ['changes', 'db', 'linked-logins', 'social', 'step-up'] },
)

function waysToReauthenticate(app: FastifyInstance): FastifyInstance['waysToReauthenticate'] {
  const { db, linkedLogins, social } = app
  return async userId => {
    const user = await findUser(db, userId)
    if (!user) throw errors.userNotFound()
    const secondFactors = user.mfa_enabled ? await mfaMethods(db, userId) : []
    const linked = await linkedLogins.providersOf(userId)
    // Without a code to add to it, a provider remains one factor.
    const isEnough = !user.mfa_enabled || secondFactors.some(method => method !== 'passkey')
    return {
      password: user.password_hash !== NO_PASSWORD,
      secondFactors,
      providers: isEnough ? social.providers.filter(({ key }) => linked.includes(key)) : [],
    }
  }
}

function reauthenticate({ accounts, db, stepUp }: FastifyInstance): FastifyInstance['reauthenticate'] {
  return async (caller, proof, client) => {
    const { user_id, sid } = caller
    const verified = await stepUp.authenticate(caller, proof, client)
    const renewal = accounts.change(
      user_id,
      client,
      async (tx, { access_role, mfa_enabled }, effects) => {
        const bumped = await bumpGeneration(tx, sid, user_id)
        if (!bumped) throw errors.tokenInvalid()
        effects.revoke(sid, bumped.generation)
        await effects.auditEvent('reauthenticated', sid)
        const session = await recordReauthentication(tx, bumped, verified.amr.join(' '))
        return { ...session, access_role, mfa_enabled }
      },
      { caller, stepUp: verified },
    )
    return renewal.catch(async error => {
      if (!(error instanceof PasskeyCloned)) throw error
      await addAuditEvent(db, { kind: 'passkey-cloned', user_id, session_id: sid, ...originOf(client) })
      throw errors.passkeyInvalid()
    })
  }
}
