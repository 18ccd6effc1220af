import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { errors } from '#schemas/errors.ts'
import type { AccessClaims } from '../tokens/claims.ts'
import { CACHED_TOKENS_MAX } from './access-token.ts'
import { isSafe } from './safe-methods.ts'

/** Checks a session cookie. @throws crossSite, tokenInvalid, tokenExpired */
export type CookieCheck = (request: FastifyRequest, reply: FastifyReply, cookie: string) => Promise<AccessClaims>

/** An expired cookie is renewed if its session is still live: only that queries the database. */
export function createCookieCheck({ tokens, revocations, sessions, sessionCookie }: FastifyInstance): CookieCheck {
  // Not shared with access tokens: a value verified as one kind must not pass as the other.
  const verified = new LRUCache<string, AccessClaims>({ max: CACHED_TOKENS_MAX })

  function claimsOf(cookie: string): AccessClaims {
    const cached = verified.get(cookie)
    if (cached) return cached
    const claims = tokens.cookie.verifyIgnoringExpiry(cookie)
    verified.set(cookie, claims)
    return claims
  }

  return async (request, reply, cookie) => {
    if (!isSafe(request.method)) sessionCookie.requireTrustedOrigin(request)
    const claims = claimsOf(cookie)
    if (revocations.has(claims)) throw errors.tokenInvalid()
    if (claims.exp * 1000 > Date.now()) return claims
    return { ...claims, ...sessionCookie.set(reply, await sessions.renew(claims), claims) }
  }
}
