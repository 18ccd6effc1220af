/** Proofs that somebody has a key (RFC 9449), right and wrong ones. */
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'

export const now = () => Math.floor(Date.now() / 1000)
export const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The `ath` of a token. */
export const hash = (token: string) => createHash('sha256').update(token).digest('base64url')

export function prove(
  { publicKey, privateKey }: ReturnType<typeof newKey>,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT({ jti: randomUUID(), iat: now(), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicKey.export({ format: 'jwk' }), ...header } as never)
    .sign(privateKey)
}
