// app.login: the one gate to a session, and the only caller of `sessions.open`. Where a second factor is enrolled, no way leads past it.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { normaliseEmail } from '#schemas/email.ts'
import { errors } from '#schemas/errors.ts'
import type { MfaChallenge } from '#schemas/mfa.ts'
import type { Assertion } from '#schemas/webauthn.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { replacePassword, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import type { Proof } from '../mfa/index.ts'
import { PasskeyCloned } from '../passkeys/index.ts'
import type { LiveSession } from '../sessions/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Each opens a session. @throws accountDisabled; userAlreadyLoggedIn under LOGIN_POLICY=single */
    login: {
      /** Who has a second factor gets a challenge instead. @throws what `credentials.prove` throws */
      byPassword(
        credentials: { email: string; password: string },
        client: Client,
      ): Promise<OpenedSession | MfaChallenge>
      /** The second half of a login. @throws what `mfa.resume` and `mfa.proveOtp` throw */
      byOtp(login: { mfa_token: string; otp: string }, client: Client): Promise<OpenedSession>
      /** The same. @throws what `mfa.resume` and `mfa.proveRecoveryCode` throw */
      byRecoveryCode(login: { mfa_token: string; recovery_code: string }, client: Client): Promise<OpenedSession>
      /** A passkey is both factors. @throws what `passkeys.prove` throws */
      byPasskey(assertion: Assertion, client: Client): Promise<OpenedSession>
    }
  }
}

export type OpenedSession = LiveSession & { email: string }

/** Proof and session belong to one state of the account. It may change in between (another hash of the password, a second factor): then both are done again. */
const ATTEMPTS = 3

export default fp(async app => void app.decorate('login', login(app)), {
  name: 'login',
  dependencies: ['credentials', 'db', 'mailer', 'mfa', 'passkeys', 'passwords', 'sessions'],
})

function login(app: FastifyInstance): FastifyInstance['login'] {
  const { credentials, db, mfa, passkeys, passwords, sessions } = app

  /** The second half: both proofs are used up with the session, or none is. */
  async function finish(user: User, client: Client, proofs: Proof[]): Promise<OpenedSession> {
    const session = await sessions.open(user, client, {
      async use(tx) {
        for (const use of proofs) await use(tx)
      },
    })
    if (!session) throw errors.tokenInvalid()
    return { ...session, email: user.email }
  }

  return {
    async byPassword({ email: typed, password }, client) {
      const email = normaliseEmail(typed)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const user = await credentials.prove(email, password, client)
        const outgrown = passwords.needsRehash(user.password_hash)
        const rehashed = outgrown ? await passwords.hash(password) : undefined
        if (user.mfa_enabled) {
          const password_hash = rehashed ?? user.password_hash
          if (rehashed && !(await transaction(db, tx => replacePassword(tx, user, rehashed)))) continue
          return mfa.challenge({ ...user, password_hash })
        }
        const session = await sessions.open(user, client, { rehashed })
        if (session) return { ...session, email }
      }
      throw errors.notFound()
    },
    async byOtp({ mfa_token, otp }, client) {
      const { user, use } = await mfa.resume(mfa_token)
      return finish(user, client, [use, await mfa.proveOtp(user.id, otp, client)])
    },
    async byRecoveryCode({ mfa_token, recovery_code }, client) {
      const { user, use } = await mfa.resume(mfa_token)
      const session = await finish(user, client, [use, await mfa.proveRecoveryCode(user, recovery_code, client)])
      app.mailer.wake()
      return session
    },
    async byPasskey(assertion, client) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const proof = await passkeys.prove(assertion, client)
        const { id: user_id, email } = proof.user
        const session = await sessions
          .open(proof.user, client, { use: tx => passkeys.use(tx, proof) })
          .catch(async error => {
            if (!(error instanceof PasskeyCloned)) throw error
            await addAuditEvent(db, { kind: 'passkey-cloned', user_id, session_id: null, ...deviceOf(client) })
            throw errors.passkeyRefused()
          })
        if (session) return { ...session, email }
      }
      throw errors.passkeyRefused()
    },
  }
}
