/** COOKIE_ORIGINS: pages of which other origins may use the session cookie, and that no other may. */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, verifiedUser } from '../../support/app.ts'
import { browse, browserLogIn, cookieIn, setCookie } from '../../support/cookies.ts'
import { outcome } from '../../support/session.ts'

const LISTED = 'https://app.holocron.test'
const TOKENS_ONLY = 'https://partner.test'
const FOREIGN = [
  'https://evil.test',
  'https://other.holocron.test',
  'http://app.holocron.test',
  'https://app.holocron.test:8443',
  'https://app.holocron.test.evil.test',
  'https://x.app.holocron.test',
  'https://APP.holocron.test',
  `${LISTED}, https://evil.test`,
  `${LISTED}/`,
  'null',
  '*',
  '',
]

const app = await build(t, {
  PUBLIC_URL: 'https://holocron.test',
  COOKIE_ORIGINS: LISTED,
  CORS_ORIGINS: TOKENS_ONLY,
})

/** What browsers send from a page of this origin. */
const from = (origin: string, site = 'same-site') => ({ origin, 'sec-fetch-site': site })

const logOut = (app: FastifyInstance, cookie: string, headers: Record<string, string>) =>
  browse(app, 'DELETE', '/sessions/v1/', cookie, headers)

t.test('a page of a listed origin logs in, reads, changes and logs out by the cookie', async t => {
  const payload = await verifiedUser(app)
  const login = await call(app, 'POST', '/sessions/v1/', { payload, headers: from(LISTED) })
  const films = await browse(app, 'GET', '/films/v1/', cookieIn(login), from(LISTED))
  const logout = await logOut(app, cookieIn(login), from(LISTED))
  for (const response of [login, films, logout]) {
    t.equal(outcome(response), '200')
    t.equal(response.headers['access-control-allow-origin'], LISTED)
    t.equal(response.headers['access-control-allow-credentials'], 'true')
    t.match(response.headers.vary, /Origin/i)
  }
})

t.test('browsers that send no Sec-Fetch-Site are known by their Origin', async t => {
  t.equal(outcome(await logOut(app, await browserLogIn(app), { origin: LISTED })), '200')
})

t.test('a preflight of a listed origin allows credentials, and the page may read an error', async t => {
  const asked = { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'content-type' }
  const preflight = await call(app, 'OPTIONS', '/sessions/v1/', { headers: { ...from(LISTED), ...asked } })
  t.equal(preflight.statusCode, 204)
  const error = await call(app, 'GET', '/films/v1/', { headers: from(LISTED) })
  t.equal(outcome(error), '401 authorisation-required')
  for (const { headers } of [preflight, error]) {
    t.equal(headers['access-control-allow-origin'], LISTED)
    t.equal(headers['access-control-allow-credentials'], 'true')
  }
})

for (const origin of FOREIGN)
  for (const site of ['same-site', 'cross-site'])
    t.test(`threat: a ${site} page of "${origin}" acts with, or reads by, the visitor's cookie`, async t => {
      const cookie = await browserLogIn(app)
      const headers = from(origin, site)
      t.equal(outcome(await logOut(app, cookie, headers)), '403 cross-site')
      const payload = await verifiedUser(app)
      const login = await call(app, 'POST', '/sessions/v1/', { payload, headers })
      t.equal(outcome(login), '403 cross-site')
      t.equal(setCookie(login), undefined)
      const read = await browse(app, 'GET', '/films/v1/', cookie, headers)
      const preflight = await call(app, 'OPTIONS', '/sessions/v1/', {
        headers: { ...headers, 'access-control-request-method': 'DELETE' },
      })
      for (const { headers } of [login, read, preflight]) {
        t.notOk(headers['access-control-allow-origin'])
        t.notOk(headers['access-control-allow-credentials'])
      }
    })

t.test('threat: the name of a listed origin on a request from another site', async t => {
  const cookie = await browserLogIn(app)
  for (const site of ['cross-site', 'none', 'x'])
    t.equal(outcome(await logOut(app, cookie, from(LISTED, site))), '403 cross-site', site)
})

t.test('threat: an origin of CORS_ORIGINS, which is for tokens, uses the cookie', async t => {
  const cookie = await browserLogIn(app)
  for (const site of ['same-site', 'cross-site']) {
    t.equal(outcome(await logOut(app, cookie, from(TOKENS_ONLY, site))), '403 cross-site')
    const read = await browse(app, 'GET', '/films/v1/', cookie, from(TOKENS_ONLY, site))
    t.equal(read.headers['access-control-allow-origin'], TOKENS_ONLY)
    t.notOk(read.headers['access-control-allow-credentials'], 'no browser lets the page read it')
  }
})

t.test('a listed origin may use tokens as well', async t => {
  const payload = await verifiedUser(app)
  const login = await call(app, 'POST', '/users/v1/login', { payload, headers: from(LISTED) })
  t.equal(login.headers['access-control-allow-origin'], LISTED)
  const { token } = login.json<{ token: string }>()
  t.equal(outcome(await call(app, 'POST', '/users/v1/logout', { token, headers: from(LISTED) })), '200')
})

t.test('a gateway in front of other services accepts changes from listed pages only', async t => {
  const cookie = await browserLogIn(app)
  const ask = (origin: string) =>
    browse(app, 'GET', '/forward_auth/v1/', cookie, { ...from(origin), 'x-original-method': 'POST' })
  t.equal(outcome(await ask(LISTED)), '204')
  t.equal(outcome(await ask('https://evil.test')), '403 cross-site')
})

t.test('nothing listed: no other origin of the site may use the cookie', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  t.equal(outcome(await logOut(app, cookie, from('http://app.holocron.test'))), '403 cross-site')
})
