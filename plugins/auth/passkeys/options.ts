/** What browsers are given. @see https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON */
import type { PasskeyCreationOptions, PasskeyRequestOptions } from '#schemas/webauthn.ts'
import type { Passkey } from '#sql/passkeys.ts'
import type { User } from '#sql/users.ts'
import { ALGORITHMS } from './ceremonies.ts'
import { CHALLENGE_TTL } from './challenges.ts'

/** For a passkey that is found without an e-mail typed, and asks its user who they are at each use. */
export function creationOptions(
  rpId: string,
  challenge: string,
  { id, email }: Pick<User, 'id' | 'email'>,
  existing: Passkey[],
): PasskeyCreationOptions {
  return {
    challenge,
    rp: { id: rpId, name: 'Holocron' },
    user: { id: handleOf(id), name: email, displayName: email },
    pubKeyCredParams: ALGORITHMS.map(alg => ({ type: 'public-key', alg })),
    timeout: CHALLENGE_TTL,
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: existing.map(({ credential_id, transports }) => ({
      id: credential_id,
      type: 'public-key',
      transports: JSON.parse(transports) as string[],
    })),
    extensions: { credProps: true },
  }
}

export function requestOptions(rpId: string, challenge: string): PasskeyRequestOptions {
  return { challenge, rpId, allowCredentials: [], timeout: CHALLENGE_TTL, userVerification: 'required' }
}

/** The user handle that the authenticator stores: the user's id in 8 bytes, and nothing personal. */
export function handleOf(userId: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(userId))
  return bytes.toString('base64url')
}
