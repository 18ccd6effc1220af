import type { Transaction } from 'kysely'
import type { Passkey as SerializedPasskey } from '#schemas/passkeys.ts'
import type { Assertion, Attestation, PasskeyCreationOptions, PasskeyRequestOptions } from '#schemas/webauthn.ts'
import type { NewPasskey, Passkey } from '#sql/passkeys.ts'
import type { Flag, Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import type { Caller } from '../mfa/types.ts'
import type { Challenge } from './challenges.ts'

export interface Passkeys {
  /** Passkeys per user. */
  max: number
  /**
   * Options for `navigator.credentials.create`, for this session of the user.
   * @throws tooManyPasskeys
   */
  creationOptions(user: Pick<User, 'id' | 'email'>, sessionId: string): Promise<PasskeyCreationOptions>
  /**
   * Verifies a passkey that an authenticator made. It is not stored yet.
   * @throws passkeyInvalid
   */
  verifyRegistration(attestation: Attestation, caller: Caller): Promise<VerifiedRegistration>
  /** Options for `navigator.credentials.get`, for anybody. Nothing is stored. */
  requestOptions(): PasskeyRequestOptions
  /** The same, to authenticate again in a session. */
  reauthenticationOptions(caller: Caller): PasskeyRequestOptions
  /**
   * @param caller who authenticates again, instead of logging in
   * @throws passkeyRefused; accountDisabled, emailUnverified
   */
  authenticate(assertion: Assertion, client: Client, caller?: Caller): Promise<VerifiedLogin>
  /**
   * Uses up a verified login, in the transaction that opens the session: it works once.
   * @throws passkeyRefused; {PasskeyCloned}
   */
  consume(tx: Transaction<Tables>, login: VerifiedLogin): Promise<void>
  serialize(row: Passkey): SerializedPasskey
}

export interface VerifiedRegistration {
  passkey: Omit<NewPasskey, 'name'>
  challenge: Challenge
}

export interface VerifiedLogin {
  user: User
  passkey: Passkey
  challenge: Challenge
  counter: number
  backed_up: Flag
}

/** The authenticator's counter did not increase: two authenticators sign with the same key. */
export class PasskeyCloned extends Error {}
