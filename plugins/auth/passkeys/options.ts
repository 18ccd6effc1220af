/** Options for a browser's WebAuthn API. @see https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON */
import type { PasskeyCreationOptions, PasskeyRequestOptions } from '#schemas/webauthn.ts'
import type { Passkey } from '#sql/passkeys.ts'
import type { User } from '#sql/users.ts'
import { CHALLENGE_TTL_MS } from './challenges.ts'
import { ALGORITHMS } from './verify.ts'

/** For a discoverable passkey (no e-mail is typed at login) that verifies its user at each use. */
export function creationOptions(
  rp: { id: string; name: string },
  challenge: string,
  { id, email }: Pick<User, 'id' | 'email'>,
  existing: Passkey[],
): PasskeyCreationOptions {
  return {
    challenge,
    rp,
    user: { id: handleOf(id), name: email, displayName: email },
    pubKeyCredParams: ALGORITHMS.map(alg => ({ type: 'public-key', alg })),
    timeout: CHALLENGE_TTL_MS,
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
  return { challenge, rpId, allowCredentials: [], timeout: CHALLENGE_TTL_MS, userVerification: 'required' }
}

/**
 * The user handle that the authenticator stores: the user's id in 8 bytes. It contains no personal data and stays bound to the account
 * for good. A handle derived from SECRET would be lost with its rotation, and the passkeys with it.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-user-handle-privacy
 */
export function handleOf(userId: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(userId))
  return bytes.toString('base64url')
}
