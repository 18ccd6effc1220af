import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'
import { errors } from '#schemas/errors.ts'
import type { AccessClaims } from '../tokens/claims.ts'
import { bearer } from './bearer.ts'

/** Verified tokens in the cache: about 1 KiB each. */
export const CACHED_TOKENS_MAX = 10_000

/** Checks an Authorization header. @throws authorisationRequired, tokenInvalid, tokenExpired */
export type TokenCheck = (header: string | undefined) => AccessClaims

/** Signature and claims are verified once per token; expiry and revocation at each request, without I/O. */
export function createTokenCheck({ tokens, revocations }: FastifyInstance): TokenCheck {
  const verified = new LRUCache<string, AccessClaims>({ max: CACHED_TOKENS_MAX })

  function claimsOf(header: string | undefined): AccessClaims {
    if (header === undefined) throw errors.authorisationRequired()
    const cached = verified.get(header)
    if (cached) return cached
    const claims = tokens.access.verify(bearer(header))
    verified.set(header, claims)
    return claims
  }

  return header => {
    const claims = claimsOf(header)
    if (claims.exp * 1000 <= Date.now()) throw errors.tokenExpired()
    if (revocations.has(claims)) throw errors.tokenInvalid()
    return claims
  }
}
