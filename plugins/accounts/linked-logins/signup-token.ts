/** What waits for an e-mail: the identity, encrypted, so that nothing is stored for those who never come back. */
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { ProviderIdentity } from '../../auth/social/types.ts'
import { createSeals } from '../../keys/seals.ts'

export interface SignupTokens {
  issue(identity: ProviderIdentity): string
  /** @throws tokenInvalid, tokenExpired */
  open(token: string): ProviderIdentity
}

interface Content {
  identity: ProviderIdentity
  /** ms */
  expires_at: number
}

/** Seconds. */
export const SIGNUP_TOKEN_TTL = 900

/** Authenticated along, so that no other ciphertext of the service is one. */
const KIND = 'signup_token'

export function createSignupTokens({ keys }: Pick<FastifyInstance, 'keys'>): SignupTokens {
  const seals = createSeals<Content>(keys.derive('signup-token'))

  function contentOf(token: string): Content {
    try {
      return seals.open(token, KIND)
    } catch (cause) {
      throw errors.tokenInvalid({ cause })
    }
  }

  return {
    issue(whole) {
      // Whoever holds it is not the one to hold the provider's tokens.
      const { tokens: _tokens, ...identity } = whole
      return seals.seal({ identity, expires_at: Date.now() + SIGNUP_TOKEN_TTL * 1000 }, KIND)
    },
    open(token) {
      const { identity, expires_at } = contentOf(token)
      if (expires_at <= Date.now()) throw errors.tokenExpired()
      return identity
    },
  }
}
