// request.user: the authenticated user. Enforces the `config.access` of every route before anything else runs; a route that names none is `user`.
import type { FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { type ErrorName, errors } from '#schemas/errors.ts'
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts'
import { type Bearer, createTokenChecks, isExpired } from './access-token.ts'
import { guardErrorPage } from './admission.ts'
import { createAuthentication } from './authentication.ts'
import { createCookieCheck } from './cookie.ts'
import { createSenderChecks, dpopToken } from './dpop.ts'
import { createGuards } from './guards.ts'
import type { Access } from './kinds.ts'
import { mfaRequirement } from './mfa-requirement.ts'
import { createRevocationCheck, createRevocationLookup, type RevocationLookup } from './revoked-meanwhile.ts'
import { isSafe } from './safe-methods.ts'
import type { Demand } from './scopes.ts'

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
    /** Open to applications that log in with the OpenID provider, if the user allowed them all of these: others that it is not. */
    scopes?: string[]
    /** Instead of `scopes`, for gateways: they come with the request. */
    demand?(request: FastifyRequest): Demand
    /** Open to an application by itself, too, with the same scopes: there is no `request.user` then. */
    withoutUser?: boolean
    /** Catalog entries that this route answers with, besides those that every route shares: for the documentation. */
    errors?: ErrorName[]
  }
  interface FastifyRequest {
    /** Whoever authenticated, also an application by itself, which is no `user`. */
    bearer?: Bearer
    /** What a gateway says that a token of an application has to be. */
    demand: Demand | undefined
    /** Authenticated by a browser's session cookie instead of a token. */
    byCookie: boolean
    /** All guards have let it pass, the late ones too: set on guarded routes with a page of their own for errors. */
    admitted: boolean
    /** Who `access.optional` or `access.visitor` found to be logged in, on a public route: the actor of what follows. */
    caller: AccessClaims | null
    /** The claims of the refresh token, on `refresh` routes. */
    refresh: RefreshClaims
  }
  interface FastifyInstance {
    /** The access of routes that name none: `user`. A folder's `autohooks.ts` may decorate its scope with another. */
    defaultAccess: Access
    access: {
      /** All scopes that routes ask for. */
      readonly scopes: ReadonlySet<string>
      /** Those of them that open routes for applications by themselves: no user can allow them. */
      readonly ownScopes: ReadonlySet<string>
      /** Whoever an access token of ours is of, whatever it opens, here or elsewhere. @throws authorisationRequired, tokenInvalid, tokenExpired */
      bearer(header: string | undefined): Bearer
      /** Whoever sent an access token for this service, with its proof if the token is bound to a key. */
      bearerOf(request: FastifyRequest): Promise<Bearer>
      /** Has the caller been logged out, disabled or demoted since the guards let the request pass? */
      isRevoked: RevocationLookup
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
    const checks = createTokenChecks(app)
    const sender = createSenderChecks(app, checks)
    const mfaMissing = mfaRequirement(app)
    const checkCookie = createCookieCheck(app)
    const guards = createGuards(app, createAuthentication(app, { sender, checkCookie, mfaMissing }))
    const isRevoked = createRevocationLookup(app)
    const rejectRevoked = createRevocationCheck(isRevoked)

    const scopes = new Set<string>()
    const ownScopes = new Set<string>()

    /** Of a login of our own: on public routes an application is nobody. */
    function checkOwnToken(header: string | undefined): AccessClaims {
      const claims = checks.ours(header)
      if (claims.user_id === undefined || claims.scope !== undefined) throw errors.tokenInvalid()
      return claims
    }

    const recorded = (request: FastifyRequest, claims: AccessClaims): AccessClaims => {
      request.caller = claims
      return claims
    }

    app.decorateRequest('bearer')
    app.decorateRequest('demand')
    app.decorateRequest('byCookie', false)
    app.decorateRequest('admitted', false)
    app.decorateRequest('caller', null)
    app.decorateRequest('refresh', null as unknown as RefreshClaims)
    app.decorate('defaultAccess', 'user')
    app.decorate('access', {
      scopes,
      ownScopes,
      bearer(header) {
        try {
          return checks.ours(header)
        } catch (error) {
          if (isExpired(error)) throw error
          return checks.elsewhere(header)
        }
      },
      async bearerOf(request) {
        const { authorization } = request.headers
        const bound = dpopToken(authorization)
        return bound === undefined ? sender.byToken(authorization) : sender.byProof(request, bound)
      },
      isRevoked,
      identify(request) {
        try {
          const claims = checkOwnToken(request.headers.authorization)
          return mfaMissing(claims) ? undefined : claims
        } catch {
          return undefined
        }
      },
      optional(request) {
        const { authorization } = request.headers
        if (authorization === undefined) return undefined
        const claims = checkOwnToken(authorization)
        if (mfaMissing(claims)) throw errors.mfaRequired()
        return recorded(request, claims)
      },
      async visitor(request, reply) {
        const cookie = app.sessionCookie.read(request)
        if (cookie === undefined) return undefined
        const claims = await checkCookie(request, reply, cookie).catch(undefinedIfNobody)
        return claims && recorded(request, claims)
      },
    })
    app.addHook('onRoute', function (route) {
      const access = route.config?.access ?? this.defaultAccess
      if (!Object.hasOwn(guards, access)) throw new Error(`${route.url}: no such access: ${access}`)
      if (access === 'owner' && !/:user_id\b/.test(route.url))
        throw new Error(`${route.url}: owner access needs the path parameter user_id`)
      if (access === 'application' && !route.config?.scopes?.length)
        throw new Error(`${route.url}: application access needs scopes`)
      for (const scope of route.config?.scopes ?? []) {
        scopes.add(scope)
        if (access === 'application') ownScopes.add(scope)
      }
      const unsafe = [route.method].flat().some(method => !isSafe(method))
      const authLimit = route.config?.authLimit ?? (access === 'public' && unsafe)
      route.config = { ...route.config, access, authLimit }
      // A load balancer's probes share its IP address with everybody behind it: they neither count nor meet a limit.
      if (access === 'public' && route.config.probe) return
      const limit = authLimit === 'page-opening' ? app.limits.pageOpening : app.limits.auth
      route.onRequest = [
        ...readDemand(route),
        ...guards[access],
        ...(authLimit ? limit : []),
        ...[route.onRequest ?? []].flat(),
      ]
      if (access !== 'public') guardErrorPage(route)
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

/** The guards look at what it says. */
function readDemand({ config }: RouteOptions): onRequestHookHandler[] {
  const demand = config?.demand
  if (!demand) return []
  return [
    (request, _reply, done) => {
      request.demand = demand(request)
      done()
    },
  ]
}
