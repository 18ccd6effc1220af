/** What waits for an e-mail: the identity, encrypted, so that nothing is stored for those who never come back. */
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { createEncryption } from '../../auth/mfa/encryption.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'

export interface SignupTokens {
  issue(identity: ProviderIdentity): string
  /** @throws tokenInvalid, tokenExpired */
  open(token: string): ProviderIdentity
}

/** Seconds. */
export const SIGNUP_TOKEN_TTL = 900

/** Authenticated along, so that no other ciphertext of the service is one. */
const KIND = 'signup_token'

export function createSignupTokens({ keys }: Pick<FastifyInstance, 'keys'>): SignupTokens {
  const encryption = createEncryption(keys.derive('signup-token'))

  function decrypted(token: string): { identity: ProviderIdentity; expires_at: number } {
    const [key_id = '', ciphertext = ''] = token.split('.')
    try {
      return JSON.parse(encryption.decrypt({ key_id, ciphertext }, KIND))
    } catch (cause) {
      throw errors.tokenInvalid({ cause })
    }
  }

  return {
    issue(whole) {
      // Whoever holds it is not the one to hold the provider's tokens.
      const { tokens: _tokens, ...identity } = whole
      const content = { identity, expires_at: Date.now() + SIGNUP_TOKEN_TTL * 1000 }
      const { key_id, ciphertext } = encryption.encrypt(JSON.stringify(content), KIND)
      return `${key_id}.${ciphertext}`
    },
    open(token) {
      const { identity, expires_at } = decrypted(token)
      if (expires_at <= Date.now()) throw errors.tokenExpired()
      return identity
    },
  }
}
