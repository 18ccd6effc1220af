import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'
import { errors } from '#schemas/errors.ts'
import type { AccessClaims, ApplicationClaims, ClientClaims } from '../tokens/claims.ts'
import type { TokenCodec } from '../tokens/codec.ts'
import { bearer } from './bearer.ts'

/** Verified tokens in the cache: about 1 KiB each. */
export const CACHED_TOKENS_MAX = 10_000

/** Whoever an access token is of: a user, or an application by itself. */
export type Bearer = AccessClaims | ClientClaims

/** Checks an Authorization header. @throws authorisationRequired, tokenInvalid, tokenExpired */
type HeaderCheck = (header: string | undefined) => Bearer

export interface TokenChecks {
  /** Tokens for this service. */
  ours: HeaderCheck
  /** Logins of our own, and tokens of applications for other services, which open nothing here. */
  elsewhere: HeaderCheck
}

export function createTokenChecks(app: FastifyInstance): TokenChecks {
  const { application, resource } = app.tokens
  let elsewhere: HeaderCheck | undefined
  return {
    ours: createHeaderCheck(app, application),
    // Few services have others, and the cache takes memory. It is not shared: a token for another service must not pass for one of ours.
    elsewhere(header) {
      elsewhere ??= createHeaderCheck(app, resource)
      return elsewhere(header)
    },
  }
}

/** Signature and claims are verified once per token; expiry and revocation at each request, without I/O. */
function createHeaderCheck(
  { tokens, revocations }: FastifyInstance,
  ofApplications: TokenCodec<ApplicationClaims>,
): HeaderCheck {
  const verified = new LRUCache<string, Bearer>({ max: CACHED_TOKENS_MAX })

  function claimsOf(header: string | undefined): Bearer {
    if (header === undefined) throw errors.authorisationRequired()
    const cached = verified.get(header)
    if (cached) return cached
    const claims = verify(bearer(header))
    verified.set(header, claims)
    return claims
  }

  function verify(token: string): Bearer {
    try {
      return tokens.access.verify(token)
    } catch (error) {
      // What is no token at all is refused the same way.
      if (isExpired(error)) throw error
      return ofApplications.verify(token)
    }
  }

  return header => {
    const claims = claimsOf(header)
    if (claims.exp * 1000 <= Date.now()) throw errors.tokenExpired()
    if (revocations.has(claims)) throw errors.tokenInvalid()
    return claims
  }
}

/** An application's, on behalf of a user or by itself. */
export function isOfApplication({ scope, user_id }: Bearer): boolean {
  return scope !== undefined || user_id === undefined
}

export function isExpired(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === errors.tokenExpired.code
}
