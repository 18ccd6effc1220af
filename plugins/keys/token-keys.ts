/** Keys in the form that signing and verifying tokens takes them. */
import { createHash, createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '../config/index.ts'
import type { AccessAlgorithm } from './derived-keys.ts'

export interface TokenKey {
  kid: string
  alg: AccessAlgorithm | 'HS256'
  /** PEM, or the bytes of an HMAC key. */
  private: string | Buffer
  public: string | Buffer
}

export type Jwk = Record<string, unknown> & { kid: string; alg: string; use: 'sig' }

export function hmacKey(key: Buffer): TokenKey {
  const kid = createHmac('sha256', key).update('kid').digest('base64url').slice(0, 16)
  return { kid, alg: 'HS256', private: key, public: key }
}

export function tokenKey(key: KeyObject): TokenKey {
  const publicKey = createPublicKey(key)
  return {
    kid: thumbprint(publicKey),
    alg: algorithmOf(key),
    private: key.export({ type: 'pkcs8', format: 'pem' }),
    public: publicKey.export({ type: 'spki', format: 'pem' }),
  }
}

/** @throws {ConfigError} */
export async function privateKeyFile(file: string): Promise<KeyObject> {
  const pem = await readFile(file).catch((error: Error) => {
    throw new ConfigError(`ACCESS_KEY_FILE: cannot be read (${error.message})`)
  })
  try {
    const key = createPrivateKey(pem)
    algorithmOf(key)
    return key
  } catch (cause) {
    throw new ConfigError('ACCESS_KEY_FILE: not a PEM private key of Ed25519, P-256 or RSA (2048 bits or more)', {
      cause,
    })
  }
}

function algorithmOf(key: KeyObject): AccessAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return 'EdDSA'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256'
  throw new Error(`unsupported key: ${type}`)
}

/** @see https://www.rfc-editor.org/rfc/rfc7517 */
export function publicJwk(key: TokenKey): Jwk {
  return { ...createPublicKey(key.public).export({ format: 'jwk' }), kid: key.kid, alg: key.alg, use: 'sig' }
}

/** @see https://www.rfc-editor.org/rfc/rfc7638 */
function thumbprint(key: KeyObject): string {
  const jwk: Record<string, unknown> = { ...key.export({ format: 'jwk' }) }
  const required = ['crv', 'e', 'kty', 'n', 'x', 'y'].filter(name => name in jwk)
  const canonical = JSON.stringify(Object.fromEntries(required.map(name => [name, jwk[name]])))
  return createHash('sha256').update(canonical).digest('base64url')
}
