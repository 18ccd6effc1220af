import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { Assertion } from '#schemas/webauthn.ts'
import { findUser, type User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import type { Caller, Consume } from '../mfa/types.ts'
import { type Amr, FEDERATED_AMR, PASSWORD_AMR, passkeyAmr, withOtp } from '../sessions/amr.ts'

/** What a logged-in user authenticates with again. */
export interface Proof {
  password?: string | undefined
  /** The second factor, with the password or the provider. */
  otp?: string | undefined
  recovery_code?: string | undefined
  /** A passkey, which is both factors. */
  credential?: Assertion | undefined
  /** A login at a provider, just completed: uses it up, and throws unless it is linked to the caller. Never from a request's body. */
  federated?: Consume | undefined
}

export interface StepUp {
  amr: Amr
  /**
   * Call it in the transaction of the change, with the user's row locked: what was verified must still be so, and works once.
   * @throws passwordWrong, otpInvalid, recoveryCodeInvalid, passkeyInvalid; {PasskeyCloned}; reauthenticationRequired
   */
  confirm: Consume
}

/** @throws reauthenticationRequired if there is no proof, or the second factor is missing; passwordWrong, otpInvalid, recoveryCodeInvalid, passkeyInvalid, tooManyAttempts, userNotFound */
export type Authenticate = (caller: Caller, proof: Proof, client: Client) => Promise<StepUp>

export function createAuthenticate({ config, credentials, db, mfa, passkeys }: FastifyInstance): Authenticate {
  const required = () => errors.reauthenticationRequired({ details: { max_age: config.REAUTHENTICATION_SECONDS } })

  function secondFactor(user: User, { otp, recovery_code }: Proof, client: Client): Promise<Consume> {
    if (otp !== undefined) return mfa.totp.verify(user.id, otp, client)
    if (recovery_code !== undefined) return mfa.recoveryCodes.verify(user, recovery_code, client)
    throw required()
  }

  async function byPassword(caller: Caller, password: string, proof: Proof, client: Client): Promise<StepUp> {
    const user = await credentials.reauthenticate(caller, password, client)
    const consume = user.mfa_enabled ? await secondFactor(user, proof, client) : undefined
    return {
      amr: consume ? withOtp(PASSWORD_AMR) : PASSWORD_AMR,
      async confirm(tx) {
        const now = await findUser(tx, user.id)
        if (now?.password_hash !== user.password_hash) throw errors.passwordWrong()
        if (now.mfa_enabled !== user.mfa_enabled) throw required()
        await consume?.(tx)
      },
    }
  }

  async function byProvider(caller: Caller, federated: Consume, proof: Proof, client: Client): Promise<StepUp> {
    const user = await findUser(db, caller.user_id)
    if (!user) throw errors.userNotFound()
    const consume = user.mfa_enabled ? await secondFactor(user, proof, client) : undefined
    return {
      amr: consume ? withOtp(FEDERATED_AMR) : FEDERATED_AMR,
      async confirm(tx) {
        const now = await findUser(tx, user.id)
        if (now?.mfa_enabled !== user.mfa_enabled) throw required()
        await federated(tx)
        await consume?.(tx)
      },
    }
  }

  async function byPasskey(caller: Caller, credential: Assertion, client: Client): Promise<StepUp> {
    const verified = await passkeys.authenticate(credential, client, caller).catch(toPasskeyInvalid)
    return {
      amr: passkeyAmr(verified.passkey),
      confirm: tx => passkeys.consume(tx, verified).catch(toPasskeyInvalid),
    }
  }

  return async (caller, proof, client) => {
    if (proof.credential !== undefined) return byPasskey(caller, proof.credential, client)
    if (proof.federated !== undefined) return byProvider(caller, proof.federated, proof, client)
    if (proof.password !== undefined) return byPassword(caller, proof.password, proof, client)
    throw required()
  }
}

/** `passkey-invalid` of a login is a 401; here the token is good, and clients must not discard it. */
function toPasskeyInvalid(error: { code?: string }): never {
  throw error.code === errors.passkeyRefused.code ? errors.passkeyInvalid() : error
}
