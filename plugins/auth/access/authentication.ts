import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { AccessClaims } from '../tokens/claims.ts'
import type { TokenCheck } from './access-token.ts'
import type { CookieCheck } from './cookie.ts'

interface Checks {
  checkToken: TokenCheck
  checkCookie: CookieCheck
  mfaMissing(claims: AccessClaims): boolean
}

/** Sets `request.user` from the access token or the session cookie. With a token it is synchronous. */
export function createAuthentication(
  { limits, sessionCookie }: FastifyInstance,
  { checkToken, checkCookie, mfaMissing }: Checks,
): onRequestHookHandler {
  /** Rejected requests count as well, against the client IP's limit. */
  function reject(request: FastifyRequest, error: unknown): never {
    limits.count(request.client.limitKey)
    throw error
  }

  function byToken(request: FastifyRequest, header: string | undefined): AccessClaims {
    try {
      return checkToken(header)
    } catch (error) {
      return reject(request, error)
    }
  }

  function accept(request: FastifyRequest, claims: AccessClaims): void {
    limits.count(claims.user_id)
    if (mfaMissing(claims) && !request.routeOptions.config.beforeMfa) throw errors.mfaRequired()
    request.user = claims
  }

  return (request, reply, done) => {
    const { authorization } = request.headers
    const cookie = authorization === undefined ? sessionCookie.read(request) : undefined
    if (cookie === undefined) {
      accept(request, byToken(request, authorization))
      return done()
    }
    request.byCookie = true
    checkCookie(request, reply, cookie)
      .catch(error => reject(request, error))
      .then(claims => accept(request, claims))
      .then(() => done(), done)
  }
}
