/** The service's keys, as the library takes them. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { ExternalSigningKey, type JWK } from 'oidc-provider'
import { withLowerS } from '../../auth/tokens/canonical.ts'
import type { TokenKey } from '../../keys/token-keys.ts'

/**
 * Signs on the spot. The library would hand each signature over to a thread, which takes about as long as the signature itself on an elliptic curve;
 * one by RSA takes twenty times as long, and is left to the library.
 */
class CurveSigningKey extends ExternalSigningKey {
  readonly #key: TokenKey
  readonly #privateKey
  readonly #publicKey

  constructor(key: TokenKey) {
    super()
    this.#key = key
    this.#privateKey = createPrivateKey(key.private)
    this.#publicKey = createPublicKey(key.public)
  }

  override get alg() {
    return this.#key.alg
  }

  override get kid() {
    return this.#key.kid
  }

  override keyObject() {
    return this.#publicKey
  }

  override sign(data: Uint8Array): Buffer {
    if (this.alg === 'EdDSA') return sign(null, data, this.#privateKey)
    return withLowerS(sign('sha256', data, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' }))
  }
}

export function signingKey(key: TokenKey): JWK | ExternalSigningKey {
  if (key.alg !== 'RS256') return new CurveSigningKey(key)
  const jwk = createPrivateKey(key.private).export({ format: 'jwk' })
  return { ...jwk, kid: key.kid, alg: key.alg, use: 'sig' } as JWK
}
