import { createPublicKey } from 'node:crypto'
import type { ClientMetadata } from '#schemas/oauth-clients.ts'

type PublicKey = NonNullable<ClientMetadata['jwks']>['keys'][number]

/** Bits. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const RSA_MIN = 2048

/** Of the signing algorithms that the token endpoint accepts. */
const CURVES = new Set(['P-256', 'Ed25519'])

/** Validates a client's public key. @returns the problem, for `details` of the error */
export function problemOfKey(key: PublicKey): string | undefined {
  if (key.kty !== 'RSA' && !CURVES.has(key.crv ?? '')) return `must be of one of the curves ${[...CURVES].join(', ')}`
  try {
    const { modulusLength = RSA_MIN } = createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails ?? {}
    return modulusLength < RSA_MIN ? `must have at least ${RSA_MIN} bits` : undefined
  } catch {
    return 'must be a public key'
  }
}
