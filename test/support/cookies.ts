/** Steps shared by tests of browser sessions. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { call, type Environment, verifiedUser } from './app.ts'

export const ORIGIN = 'http://holocron.test'
/** Headers of a browser's request from a page of the same origin. */
export const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }

type Method = NonNullable<InjectOptions['method']>

/** The `Set-Cookie` of a response, or undefined. */
export function setCookie(response: LightMyRequestResponse): string | undefined {
  const header = response.headers['set-cookie']
  return Array.isArray(header) ? header.join('\n') : header
}

/** The token in the cookie of a response. */
export function cookieIn(response: LightMyRequestResponse): string {
  const value = /^[^=]+=([^;]*)/.exec(setCookie(response) ?? '')?.[1]
  if (value === undefined) throw new Error(`no cookie: ${response.statusCode} ${response.body}`)
  return value
}

/** Logs a browser in; signs up first if no user is given. Resolves to the cookie's token. */
export async function browserLogIn(app: FastifyInstance, user?: { email: string; password: string }): Promise<string> {
  const payload = user ?? (await verifiedUser(app))
  return cookieIn(await call(app, 'POST', '/sessions/v1/', { payload, headers: OWN_PAGE }))
}

/** Calls a route like a browser, from the same origin unless other headers are given. */
export function browse(
  app: FastifyInstance,
  method: Method,
  url: string,
  cookie: string,
  headers: Environment = OWN_PAGE,
) {
  return call(app, method, url, { headers: { ...headers, cookie: `${app.sessionCookie.name}=${cookie}` } })
}

/** The same session's cookie, expired. */
export function expired(app: FastifyInstance, cookie: string): string {
  const { iss: _iss, aud: _aud, ...claims } = app.tokens.cookie.verifyIgnoringExpiry(cookie)
  const past = Math.floor(Date.now() / 1000) - 10
  return app.tokens.cookie.sign({ ...claims, iat: past - 60, exp: past })
}
