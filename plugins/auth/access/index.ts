// request.user: who calls. Reads `config.access` of every route and enforces it before anything else is done; a route that says nothing is `user`.
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { LRUCache } from 'lru-cache'
import { type ErrorName, errors } from '#schemas/errors.ts'
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts'

/** `public`: anybody; `user`: an access token, or a browser's session cookie; `admin`: an administrator's; `refresh`: a refresh token. */
export type Access = 'public' | 'user' | 'admin' | 'refresh'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    /** `request.user`: the claims of the access token, on `user` and `admin` routes. */
    user: AccessClaims
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Open to an administrator who has yet to enrol a second factor, under MFA_REQUIRED_FOR_ADMIN. */
    beforeMfa?: boolean
    /** The catalogue's entries that this route answers with, besides those every route shares: for the documentation. */
    errors?: ErrorName[]
  }
  interface FastifyRequest {
    /** The caller came with the session cookie of a browser instead of a token. */
    byCookie: boolean
    /** The claims of the refresh token, on `refresh` routes. */
    refresh: RefreshClaims
  }
  interface FastifyInstance {
    /** The access of routes that name none: `user`. A scope of somebody else's routes may decorate itself with another. */
    defaultAccess: Access
    access: {
      /** Who calls a public route: the claims of a good access token, or undefined. */
      identify(request: FastifyRequest): AccessClaims | undefined
    }
  }
}

/** Verified tokens kept at a time: about 1 KiB each. */
const REMEMBERED = 10_000

export default fp(
  async app => {
    const { identify, guards } = guardsOf(app)
    app.decorateRequest('byCookie', false)
    app.decorateRequest('refresh', null as unknown as RefreshClaims)
    app.decorate('defaultAccess', 'user')
    app.decorate('access', { identify })
    app.addHook('onRoute', function (route) {
      const access = route.config?.access ?? this.defaultAccess
      if (!Object.hasOwn(guards, access)) throw new Error(`${route.url}: no such access: ${access}`)
      route.config = { ...route.config, access }
      // A balancer's probes share its address with everybody behind it, and must not use up a limit or meet one.
      if (access === 'public' && route.config.probe) return
      route.onRequest = [guards[access], ...[route.onRequest ?? []].flat()]
    })
  },
  {
    name: 'access',
    dependencies: ['config', 'tokens', 'revocations', 'rate-limits', 'client', 'sessions', 'session-cookie'],
  },
)

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Does this method change nothing? With the cookie, others must come from a page of ours. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
export function isSafe(method: string): boolean {
  return SAFE.has(method)
}

function guardsOf({ config, tokens, revocations, limits, sessions, sessionCookie }: FastifyInstance) {
  // One for each kind: what was good as the one must not open as the other.
  const verified = new LRUCache<string, AccessClaims>({ max: REMEMBERED })
  const verifiedCookies = new LRUCache<string, AccessClaims>({ max: REMEMBERED })

  /** Signature and claims are looked at once a token; expiry and revocation at each request. */
  function authenticate(header: string | undefined): AccessClaims {
    if (header === undefined) throw errors.authorisationRequired()
    let claims = verified.get(header)
    if (!claims) {
      claims = tokens.access.verify(bearer(header))
      verified.set(header, claims)
    }
    if (claims.exp * 1000 <= Date.now()) throw errors.tokenExpired()
    if (revocations.has(claims.sid, claims.gen)) throw errors.tokenInvalid()
    return claims
  }

  /** Who is turned away has used up a request too: of their address. */
  function turnAway(request: FastifyRequest, error: unknown): never {
    limits.count(request.client.limitKey)
    throw error
  }

  function byToken(request: FastifyRequest, header: string | undefined): AccessClaims {
    try {
      return authenticate(header)
    } catch (error) {
      return turnAway(request, error)
    }
  }

  /** A cookie is renewed where it has expired: that alone asks the database. */
  async function byCookie(request: FastifyRequest, reply: FastifyReply, cookie: string): Promise<AccessClaims> {
    try {
      if (!isSafe(request.method)) sessionCookie.demandOwnPage(request)
      let claims = verifiedCookies.get(cookie)
      if (!claims) {
        claims = tokens.cookie.verifyIgnoringExpiry(cookie)
        verifiedCookies.set(cookie, claims)
      }
      if (revocations.has(claims.sid, claims.gen)) throw errors.tokenInvalid()
      if (claims.exp * 1000 > Date.now()) return claims
      return { ...claims, ...sessionCookie.set(reply, await sessions.renew(claims)) }
    } catch (error) {
      return turnAway(request, error)
    }
  }

  /** Puts the caller into `request.user`, at once for a token; then goes on. */
  function admit(request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void): void {
    const { authorization } = request.headers
    const cookie = authorization === undefined ? sessionCookie.read(request) : undefined
    const go = (claims: AccessClaims) => {
      limits.count(claims.user_id)
      if (lacksMfa(claims) && !request.routeOptions.config.beforeMfa) throw errors.mfaRequired()
      request.user = claims
      next()
    }
    if (cookie === undefined) return go(byToken(request, authorization))
    request.byCookie = true
    byCookie(request, reply, cookie).then(go).catch(next)
  }

  /** Tokens made since the enrolment say so; whoever has an older one rotates it. */
  function lacksMfa({ access_role, mfa }: AccessClaims): boolean {
    return config.MFA_REQUIRED_FOR_ADMIN && access_role === 'admin' && !mfa
  }

  function identify(request: FastifyRequest): AccessClaims | undefined {
    try {
      const claims = authenticate(request.headers.authorization)
      return lacksMfa(claims) ? undefined : claims
    } catch {
      return undefined
    }
  }

  const guards: Record<Access, onRequestHookHandler> = {
    public(request, _reply, done) {
      limits.count(request.client.limitKey)
      done()
    },
    user: admit,
    admin(request, reply, done) {
      admit(request, reply, error => {
        if (error) return done(error)
        if (request.user.access_role !== 'admin') throw errors.forbidden()
        done()
      })
    },
    refresh(request, _reply, done) {
      limits.count(request.client.limitKey)
      const header = request.headers.authorization
      if (header === undefined) throw errors.authorisationRequired()
      request.refresh = tokens.refresh.verify(bearer(header))
      done()
    },
  }
  return { identify, guards }
}

/** The scheme is taken as it is written in RFC 6750, and a second header joined to the first makes neither. */
function bearer(header: string): string {
  if (!header.startsWith('Bearer ')) throw errors.tokenInvalid()
  return header.slice('Bearer '.length)
}
