import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { AccessClaims } from '../tokens/claims.ts'
import { type Bearer, isOfApplication } from './access-token.ts'
import { isBearer } from './bearer.ts'
import type { CookieCheck } from './cookie.ts'
import { dpopToken, type SenderChecks } from './dpop.ts'
import { requireScopes } from './scopes.ts'

interface Checks {
  sender: SenderChecks
  checkCookie: CookieCheck
  mfaMissing(claims: AccessClaims): boolean
}

/** Sets `request.user` from the access token or the session cookie. With a token it is synchronous. */
export function createAuthentication(
  { limits, sessionCookie }: FastifyInstance,
  { sender, checkCookie, mfaMissing }: Checks,
): onRequestHookHandler {
  /** Rejected requests count as well, against the client IP's limit. */
  function reject(request: FastifyRequest, error: unknown): never {
    limits.count(request.client.limitKey)
    throw error
  }

  function byToken(request: FastifyRequest, header: string | undefined): Bearer {
    try {
      return sender.byToken(header, request.demand)
    } catch (error) {
      return reject(request, error)
    }
  }

  function accept(request: FastifyRequest, claims: Bearer): void {
    request.bearer = claims
    // An application uses up a budget of its own, and not its user's.
    const ofApplication = isOfApplication(claims)
    limits.count(ofApplication || claims.user_id === undefined ? claims.sid : claims.user_id)
    if (ofApplication) requireScopes(request, claims)
    if (claims.user_id === undefined) return
    if (mfaMissing(claims) && !request.routeOptions.config.beforeMfa) throw errors.mfaRequired()
    request.user = claims
  }

  return (request, reply, done) => {
    const { authorization } = request.headers
    const bound = dpopToken(authorization)
    if (bound !== undefined) return later(request, sender.byProof(request, bound), done)
    // Of other schemes, such as the Basic of a test site's gate, the header says nothing of who is signed in.
    const cookie = isBearer(authorization) ? undefined : sessionCookie.read(request)
    if (cookie === undefined) {
      accept(request, byToken(request, authorization))
      return done()
    }
    request.byCookie = true
    later(request, checkCookie(request, reply, cookie), done)
  }

  function later(request: FastifyRequest, check: Promise<Bearer>, done: (error?: Error) => void): void {
    check
      .catch(error => reject(request, error))
      .then(claims => accept(request, claims))
      .then(() => done(), done)
  }
}
