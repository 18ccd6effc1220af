// app.sessionCookie: a browser's session, in a cookie that scripts cannot read and other sites cannot use.
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { parseOrigins } from '../config/origins.ts'
import type { ActiveSession, SessionCookie } from './sessions/types.ts'
import type { AccessClaims } from './tokens/claims.ts'

declare module 'fastify' {
  interface FastifyInstance {
    sessionCookie: {
      /** `__Host-holocron`, which browsers bind to this host and to TLS; `holocron` if PUBLIC_URL has no TLS. */
      name: string
      /** The cookie's value, unverified. */
      read(request: FastifyRequest): string | undefined
      /**
       * Sets the cookie.
       * @param kept how long the browser keeps it: the claims of the cookie that it replaces
       * @returns its claims
       */
      set(reply: FastifyReply, session: ActiveSession, kept: Pick<AccessClaims, 'transient'>): SessionCookie['claims']
      /** After the first second factor: a cookie that claims it. A client with tokens gets that claim at the next rotation. */
      renew(request: FastifyRequest, reply: FastifyReply): Promise<void>
      clear(reply: FastifyReply): void
      /** CSRF: a browser sends the cookie whatever page makes the request, so a change must come from our own origin, or a listed one. @throws crossSite */
      requireTrustedOrigin(request: FastifyRequest): void
      /** Login CSRF: another site must not log a browser in to an account of its choice. A request without an origin is no browser's. @throws crossSite */
      rejectCrossSite(request: FastifyRequest): void
    }
  }
}

/** A page of an origin in COOKIE_ORIGINS. It is of the same site, or the browser would not send it the cookie. */
function listedPages(origins: Set<string>) {
  return ({ headers }: FastifyRequest): boolean => {
    const site = headers['sec-fetch-site']
    return (site === undefined || site === 'same-site') && origins.has(headers.origin ?? '')
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html */
export default fp(
  async app => {
    const { protocol, origin } = new URL(app.config.PUBLIC_URL)
    const secure = protocol === 'https:'
    const isListed = listedPages(new Set(parseOrigins(app.config.COOKIE_ORIGINS)))
    const name = secure ? '__Host-holocron' : 'holocron'
    const attributes = { name, httpOnly: true, secure, sameSite: 'lax', path: '/' } as const
    const send = (reply: FastifyReply, value: string, maxAge?: number) => {
      // Fastify adds to what is there, but the cookie that was set last is the only one that counts.
      const others = [reply.getHeader('set-cookie') ?? []].flat().filter(other => !`${other}`.startsWith(`${name}=`))
      reply.removeHeader('set-cookie')
      const own = stringifySetCookie({ ...attributes, value, ...(maxAge !== undefined && { maxAge }) })
      for (const cookie of [...others, own]) reply.header('set-cookie', cookie)
    }

    const sessionCookie: FastifyInstance['sessionCookie'] = {
      name,
      read({ headers: { cookie } }) {
        return cookie === undefined ? undefined : parseCookie(cookie)[name]
      },
      set(reply, session, kept) {
        const { token, claims, lifetime } = app.sessions.cookieOf(session, kept)
        send(reply, token, lifetime)
        return claims
      },
      async renew(request, reply) {
        if (!request.byCookie) return
        // What was changed stays changed, and its answer, which may have recovery codes, must arrive: the claim comes with the next cookie.
        const session = await app.sessions.renew(request.user).catch(err => {
          request.log.error({ err }, 'cookie not renewed')
          return undefined
        })
        if (session) sessionCookie.set(reply, session, request.user)
      },
      clear: reply => send(reply, '', 0),
      requireTrustedOrigin(request) {
        const { headers } = request
        const site = headers['sec-fetch-site']
        const same = site === undefined ? headers.origin === origin : site === 'same-origin'
        if (!same && !isListed(request)) throw errors.crossSite()
      },
      rejectCrossSite(request) {
        const { headers } = request
        const site = headers['sec-fetch-site']
        const foreign =
          site === undefined ? (headers.origin ?? origin) !== origin : !['same-origin', 'none'].includes(String(site))
        if (foreign && !isListed(request)) throw errors.crossSite()
      },
    }
    app.decorate('sessionCookie', sessionCookie)
  },
  { name: 'session-cookie', dependencies: ['config', 'sessions'] },
)
