// app.passkeys: ways in that are both factors: something one has, unlocked by what one knows or is. WebAuthn for PUBLIC_URL's host and no other.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { type CatalogueError, errors } from '#schemas/errors.ts'
import type { Passkey as ShownPasskey } from '#schemas/passkeys.ts'
import type { Assertion, Attestation, PasskeyCreationOptions, PasskeyRequestOptions } from '#schemas/webauthn.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { findPasskey, listPasskeys, type NewPasskey, type Passkey, recordPasskeyUse } from '#sql/passkeys.ts'
import type { Flag, Tables } from '#sql/tables.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'
import { findUser, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import type { Caller } from '../mfa/types.ts'
import { challengeIn, type Expected, verifyAssertion, verifyAttestation } from './ceremonies.ts'
import { type Challenge, createChallenges } from './challenges.ts'
import { creationOptions, handleOf, requestOptions } from './options.ts'
import { shown } from './shown.ts'

declare module 'fastify' {
  interface FastifyInstance {
    passkeys: {
      /** So many may a user have. */
      max: number
      /**
       * What `navigator.credentials.create` is to be given by this session of the user's.
       * @throws tooManyPasskeys
       */
      creationOptions(user: Pick<User, 'id' | 'email'>, sessionId: string): Promise<PasskeyCreationOptions>
      /**
       * The passkey that an authenticator made, verified and not registered yet.
       * @throws passkeyInvalid
       */
      made(attestation: Attestation, caller: Caller): Promise<MadePasskey>
      /** What `navigator.credentials.get` is to be given by anybody. Nothing is kept of it. */
      requestOptions(): PasskeyRequestOptions
      /**
       * Whose passkey signed.
       * @throws passkeyRefused; accountDisabled, emailUnverified
       */
      prove(assertion: Assertion, client: Client): Promise<PasskeyProof>
      /**
       * Uses a proof up, in the transaction that opens the session: it is good once.
       * @throws passkeyRefused; {PasskeyCloned}
       */
      use(tx: Transaction<Tables>, proof: PasskeyProof): Promise<void>
      /** A row as it is shown. */
      shown(row: Passkey): ShownPasskey
    }
  }
}

export interface MadePasskey {
  passkey: Omit<NewPasskey, 'name'>
  challenge: Challenge
}

export interface PasskeyProof {
  user: User
  passkey: Passkey
  challenge: Challenge
  counter: number
  backed_up: Flag
}

/** Its counter did not go up: two authenticators sign with the same key. */
export class PasskeyCloned extends Error {}

/** More would be somebody filling the table. */
const PASSKEYS_MAX = 20

/** @see https://www.w3.org/TR/webauthn-3/ */
const DAY_MS = 86_400_000

export default fp(
  async app => {
    app.decorate('passkeys', passkeys(app))
    // Longer than clocks differ between processes: a challenge that is deleted too early could be answered again.
    app.cleanUp.add({ table: 'used_challenges', key: 'id', time: 'expires_at', retention: DAY_MS })
  },
  { name: 'passkeys', dependencies: ['clean-up', 'config', 'db', 'keys'] },
)

function passkeys({ config, db, keys, log }: FastifyInstance): FastifyInstance['passkeys'] {
  const { hostname: rpId, origin } = new URL(config.PUBLIC_URL)
  const challenges = createChallenges(keys.derive('passkey-challenge'))

  /** Does a ceremony's last step with the challenge that it answers. What is wrong with it, the log tells, and nobody else. */
  async function complete<Result>(
    credential: Assertion | Attestation,
    purpose: string,
    refusal: () => CatalogueError,
    verify: (expected: Expected) => Promise<Result>,
  ): Promise<Result & { challenge: Challenge }> {
    try {
      const text = challengeIn(credential)
      const challenge = challenges.read(text, purpose)
      if (!challenge) throw new Error('not a challenge of ours for this, or too old')
      return { ...(await verify({ rpId, origin, challenge: text })), challenge }
    } catch (error) {
      log.info({ reason: String(error).slice(0, 200) }, 'passkey refused')
      throw refusal()
    }
  }

  return {
    max: PASSKEYS_MAX,
    async creationOptions(user, sessionId) {
      const existing = await listPasskeys(db, user.id)
      if (existing.length >= PASSKEYS_MAX) throw errors.tooManyPasskeys()
      return creationOptions(rpId, challenges.issue(registration(user.id, sessionId)), user, existing)
    },
    async made(attestation, { user_id, sid }) {
      const purpose = registration(user_id, sid)
      const { challenge, ...made } = await complete(attestation, purpose, errors.passkeyInvalid, expected =>
        verifyAttestation(attestation, expected),
      )
      return { passkey: { user_id, ...made }, challenge }
    },
    requestOptions: () => requestOptions(rpId, challenges.issue(LOGIN)),
    async prove(assertion, client) {
      const passkey = await findPasskey(db, assertion.id)
      const user = passkey && (await findUser(db, passkey.user_id))
      if (!passkey || !user) throw errors.passkeyRefused()
      const proof = await complete(assertion, LOGIN, errors.passkeyRefused, expected => {
        if (assertion.response.userHandle !== handleOf(user.id)) throw new Error("another account's passkey")
        return verifyAssertion(assertion, passkey, expected)
      }).catch(async error => {
        await addAuditEvent(db, { kind: 'login-failed', user_id: user.id, session_id: null, ...deviceOf(client) })
        throw error
      })
      // Only who holds the passkey learns how the account stands.
      if (user.disabled) throw errors.accountDisabled()
      if (!user.email_verified) throw errors.emailUnverified()
      return { user, passkey, ...proof }
    },
    async use(tx, { passkey: { id, credential_id }, challenge, counter, backed_up }) {
      // First, or a mere replay would pass for the work of a cloned authenticator.
      if (!(await consumeChallenge(tx, challenge))) throw errors.passkeyRefused()
      if (await recordPasskeyUse(tx, { id, counter, backed_up })) return
      throw (await findPasskey(tx, credential_id)) ? new PasskeyCloned() : errors.passkeyRefused()
    },
    shown,
  }
}

const LOGIN = 'login'

/** A stolen answer is worth nothing to another account, nor to another session of the same. */
function registration(userId: number, sessionId: string): string {
  return `registration ${userId} ${sessionId}`
}
