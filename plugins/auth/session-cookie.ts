// app.sessionCookie: the session of a browser, in a cookie that no script can read and no other site can use.
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { ActiveSession } from './sessions/types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    sessionCookie: {
      /** `__Host-holocron`, which browsers bind to this host and to TLS; `holocron` where the service is reached without TLS. */
      name: string
      /** The token in the request's cookie, unlooked at. */
      read(request: FastifyRequest): string | undefined
      /** Sets the cookie; answers what it claims. */
      set(reply: FastifyReply, session: ActiveSession): ReturnType<FastifyInstance['sessions']['cookieOf']>['claims']
      clear(reply: FastifyReply): void
      /** A browser sends the cookie along whatever page made the request: what changes something must come from a page of ours. @throws crossSite */
      demandOwnPage(request: FastifyRequest): void
      /** Nobody shall be logged in to somebody else's account by another site. Who names no origin is no browser. @throws crossSite */
      refuseOtherPages(request: FastifyRequest): void
    }
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html */
export default fp(
  async app => {
    const { protocol, origin } = new URL(app.config.PUBLIC_URL)
    const secure = protocol === 'https:'
    const name = secure ? '__Host-holocron' : 'holocron'
    const attributes = { name, httpOnly: true, secure, sameSite: 'lax', path: '/' } as const
    const send = (reply: FastifyReply, value: string, maxAge: number) =>
      reply.header('set-cookie', stringifySetCookie({ ...attributes, value, maxAge }))

    app.decorate('sessionCookie', {
      name,
      read({ headers: { cookie } }) {
        return cookie === undefined ? undefined : parseCookie(cookie)[name]
      },
      set(reply, session) {
        const { token, claims, lifetime } = app.sessions.cookieOf(session)
        send(reply, token, lifetime)
        return claims
      },
      clear: reply => void send(reply, '', 0),
      demandOwnPage({ headers }) {
        const site = headers['sec-fetch-site']
        const own = site === undefined ? headers.origin === origin : site === 'same-origin'
        if (!own) throw errors.crossSite()
      },
      refuseOtherPages({ headers }) {
        const site = headers['sec-fetch-site']
        const foreign =
          site === undefined ? (headers.origin ?? origin) !== origin : !['same-origin', 'none'].includes(String(site))
        if (foreign) throw errors.crossSite()
      },
    })
  },
  { name: 'session-cookie', dependencies: ['config', 'sessions'] },
)
