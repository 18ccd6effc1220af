// request.user: the authenticated user. Enforces the `config.access` of every route before anything else runs; a route that names none is `user`.
import fp from 'fastify-plugin'
import { type ErrorName, errors } from '#schemas/errors.ts'
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts'
import { createTokenCheck } from './access-token.ts'
import { createAuthentication } from './authentication.ts'
import { createCookieCheck } from './cookie.ts'
import { createGuards } from './guards.ts'
import type { Access } from './kinds.ts'
import { mfaRequirement } from './mfa-requirement.ts'
import { createRevocationCheck } from './revoked-meanwhile.ts'
import { isSafe } from './safe-methods.ts'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    /** `request.user`: the claims of the access token, on `user`, `owner` and `admin` routes. */
    user: AccessClaims
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Counts against AUTH_RATE_LIMIT_MAX: for routes that check a password or a code, or send mail. Default: `public` routes with an unsafe method. `page-opening`: against a budget of its own. */
    authLimit?: boolean | 'page-opening'
    /** Open to an administrator who has yet to enroll a second factor, under MFA_REQUIRED_FOR_ADMIN. */
    beforeMfa?: boolean
    /** What the path's parameter names belongs to no user: every user may read it. Exempts reads from the test of ownership, and no others. */
    shared?: boolean
    /** Catalog entries that this route answers with, besides those that every route shares: for the documentation. */
    errors?: ErrorName[]
  }
  interface FastifyRequest {
    /** Authenticated by a browser's session cookie instead of a token. */
    byCookie: boolean
    /** The claims of the refresh token, on `refresh` routes. */
    refresh: RefreshClaims
  }
  interface FastifyInstance {
    /** The access of routes that name none: `user`. A folder's `autohooks.ts` may decorate its scope with another. */
    defaultAccess: Access
    access: {
      /** The caller of a public route: the claims of a valid access token, or undefined. */
      identify(request: FastifyRequest): AccessClaims | undefined
      /** The caller of a public route, which may be anonymous: undefined without a token. @throws tokenInvalid, tokenExpired, mfaRequired for one that does not authenticate */
      optional(request: FastifyRequest): AccessClaims | undefined
      /**
       * The visitor of a public page: the claims of a valid session cookie, which is renewed if it has expired, or undefined.
       * @throws crossSite; what the database throws if the cookie has to be renewed
       */
      visitor(request: FastifyRequest, reply: FastifyReply): Promise<AccessClaims | undefined>
    }
  }
}

export default fp(
  async app => {
    const checkToken = createTokenCheck(app)
    const mfaMissing = mfaRequirement(app)
    const checkCookie = createCookieCheck(app)
    const guards = createGuards(app, createAuthentication(app, { checkToken, checkCookie, mfaMissing }))
    const rejectRevoked = createRevocationCheck(app)

    app.decorateRequest('byCookie', false)
    app.decorateRequest('refresh', null as unknown as RefreshClaims)
    app.decorate('defaultAccess', 'user')
    app.decorate('access', {
      identify(request) {
        try {
          const claims = checkToken(request.headers.authorization)
          return mfaMissing(claims) ? undefined : claims
        } catch {
          return undefined
        }
      },
      optional(request) {
        const { authorization } = request.headers
        if (authorization === undefined) return undefined
        const claims = checkToken(authorization)
        if (mfaMissing(claims)) throw errors.mfaRequired()
        return claims
      },
      async visitor(request, reply) {
        const cookie = app.sessionCookie.read(request)
        return cookie === undefined ? undefined : checkCookie(request, reply, cookie).catch(undefinedIfNobody)
      },
    })
    app.addHook('onRoute', function (route) {
      const access = route.config?.access ?? this.defaultAccess
      if (!Object.hasOwn(guards, access)) throw new Error(`${route.url}: no such access: ${access}`)
      if (access === 'owner' && !/:user_id\b/.test(route.url))
        throw new Error(`${route.url}: owner access needs the path parameter user_id`)
      const unsafe = [route.method].flat().some(method => !isSafe(method))
      const authLimit = route.config?.authLimit ?? (access === 'public' && unsafe)
      route.config = { ...route.config, access, authLimit }
      // A load balancer's probes share its IP address with everybody behind it: they neither count nor meet a limit.
      if (access === 'public' && route.config.probe) return
      const limit = authLimit === 'page-opening' ? app.limits.pageOpening : app.limits.auth
      route.onRequest = [...guards[access], ...(authLimit ? [limit] : []), ...[route.onRequest ?? []].flat()]
      if (unsafe) route.preValidation = [rejectRevoked, ...[route.preValidation ?? []].flat()]
    })
  },
  {
    name: 'access',
    dependencies: ['config', 'tokens', 'revocations', 'rate-limits', 'client', 'sessions', 'session-cookie'],
  },
)

function undefinedIfNobody(error: { statusCode?: number }): undefined {
  if (error.statusCode !== 401) throw error
}
