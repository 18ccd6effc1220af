// The route that gateways ask before they pass a request on to another service.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance, HTTPMethods, LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { administrator, build, call, type Environment, listen, logIn } from '../support/app.ts'
import { browse, browserLogIn, expired, ORIGIN, OWN_PAGE, setCookie } from '../support/cookies.ts'
import { outcome, sessionId } from '../support/session.ts'

const PATH = '/forward_auth/v1/'

const told = ({ headers }: LightMyRequestResponse) => [
  headers['x-auth-user'],
  headers['x-auth-role'],
  headers['x-auth-session'],
]
const NOBODY = [undefined, undefined, undefined]

t.test('a gateway learns who asks, from the token or the cookie, and the response has no body', async t => {
  const app = await build(t)
  const user = await logIn(app)
  const admin = await administrator(app)
  const cookie = await browserLogIn(app)
  const asked: [name: string, response: LightMyRequestResponse, who: [id: number, role: string, sid: string]][] = [
    ['a user', await call(app, 'GET', PATH, { token: user.token }), [user.user_id, 'basic', sessionId(user.token)]],
    [
      'an administrator',
      await call(app, 'GET', PATH, { token: admin.token }),
      [admin.user_id, 'admin', sessionId(admin.token)],
    ],
    [
      'a browser',
      await browse(app, 'GET', PATH, cookie, { 'x-original-method': 'GET' }),
      [Number(app.tokens.cookie.verify(cookie).user_id), 'basic', sessionId(cookie)],
    ],
  ]
  for (const [name, response, [id, role, sid]] of asked) {
    t.equal(response.statusCode, 204, name)
    t.same(told(response), [String(id), role, sid], name)
    t.equal(response.body, '')
    t.match(response.headers['cache-control'], /no-store/)
  }
})

t.test('without a valid token it is 401 and names nobody, whatever the request says of itself', async t => {
  const app = await build(t)
  const { token, refresh_token } = await logIn(app)
  const headers = { 'x-auth-user': '1', 'x-auth-role': 'admin', 'x-auth-session': 'x', 'remote-user': 'root' }
  for (const other of [undefined, '', 'x', `${token}x`, refresh_token]) {
    const response = await call(app, 'GET', PATH, { headers, ...(other !== undefined && { token: other }) })
    t.equal(response.statusCode, 401)
    t.same(told(response), NOBODY)
    t.match(response.headers['www-authenticate'], /^Bearer/, 'which the gateway passes on')
  }
  const response = await call(app, 'GET', PATH, { token, headers })
  t.equal(response.headers['x-auth-role'], 'basic', 'headers that come in are not those that go out')
})

t.test('revocation is immediate', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  t.equal((await call(app, 'GET', PATH, { token })).statusCode, 204)
  await call(app, 'POST', '/users/v1/logout', { token })
  t.equal((await call(app, 'GET', PATH, { token })).statusCode, 401)
})

t.test('every method, any path behind it and any body are taken', async t => {
  const app = await build(t, { BODY_LIMIT_BYTES: '1024' })
  const { token } = await logIn(app)
  const urls = [PATH, '/forward_auth/v1', `${PATH}films/v1/4?x=1&x=2`, `${PATH}${'a/'.repeat(500)}`, `${PATH}%00`]
  for (const method of app.supportedMethods as HTTPMethods[]) {
    // A query is its body.
    const query = method === 'QUERY' ? { payload: 'x', headers: { 'content-type': 'text/plain' } } : {}
    for (const url of urls)
      t.equal(
        (await call(app, method as 'GET', url, { token, ...query })).statusCode,
        204,
        `${method} ${url.slice(0, 50)}`,
      )
  }
  for (const type of [
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ])
    for (const payload of ['{', 'x'.repeat(5000)])
      t.equal(
        (await call(app, 'POST', PATH, { token, payload, headers: { 'content-type': type } })).statusCode,
        204,
        type,
      )
})

const methodHeaders = ['x-original-method', 'x-forwarded-method']

t.test('threat: cross-site request forgery through a gateway, which asks by GET about a POST', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  const ask = async (headers: Environment) => outcome(await browse(app, 'GET', PATH, cookie, headers))
  const foreign = [
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.test' },
  ]
  for (const source of foreign) {
    t.equal(await ask(source), '403 cross-site', 'a gateway that does not say the method may be asking about a POST')
    for (const name of methodHeaders) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'get', 'GET, POST', 'x'])
        t.equal(await ask({ ...source, [name]: method }), '403 cross-site', `${name}: ${method}`)
      for (const method of ['GET', 'HEAD', 'OPTIONS'])
        t.equal(await ask({ ...source, [name]: method }), '204', `${name}: ${method}`)
    }
    t.equal(
      await ask({ ...source, 'x-original-method': 'GET', 'x-forwarded-method': 'POST' }),
      '403 cross-site',
      'two headers that disagree',
    )
    for (const method of ['POST', 'DELETE'] as const)
      t.equal(
        outcome(await browse(app, method, `${PATH}x`, cookie, source)),
        '403 cross-site',
        'gateways that keep the method',
      )
  }
  for (const own of [OWN_PAGE, { origin: ORIGIN }]) {
    t.equal(await ask(own), '204')
    t.equal(await ask({ ...own, 'x-original-method': 'POST' }), '204')
    t.equal(outcome(await browse(app, 'POST', `${PATH}x`, cookie, own)), '204')
  }
})

t.test('a token needs no origin: no browser adds it by itself', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  const headers = { 'x-original-method': 'POST', 'sec-fetch-site': 'cross-site' }
  t.equal((await call(app, 'GET', PATH, { token, headers })).statusCode, 204)
})

t.test('threat: a page of a neighboring subdomain opens a WebSocket with the cookie', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  const handshakes = [
    { 'sec-fetch-mode': 'websocket' },
    { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    { 'sec-websocket-version': '13' },
    { 'sec-websocket-protocol': 'chat' },
    { 'sec-websocket-extensions': 'permessage-deflate' },
    { upgrade: 'websocket' },
    { upgrade: 'h2c, WebSocket' },
  ]
  for (const handshake of handshakes) {
    const headers = { ...handshake, 'x-original-method': 'GET' }
    const ask = async (source: Environment) =>
      outcome(await browse(app, 'GET', PATH, cookie, { ...headers, ...source }))
    t.equal(await ask({ 'sec-fetch-site': 'same-site' }), '403 cross-site')
    t.equal(await ask({ origin: 'http://neighbor.holocron.test' }), '403 cross-site')
    t.equal(await ask({ origin: ORIGIN }), '204')
  }
})

t.test('threat: a preflight that the CORS plugin answers counts as permission', async t => {
  const app = await build(t, { CORS_ORIGINS: 'https://app.example' })
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'DELETE' }
  for (const url of [PATH, `${PATH}x`])
    t.equal(outcome(await call(app, 'OPTIONS', url, { headers })), '401 authorisation-required')
})

t.test('an expired cookie is renewed, for the gateway to hand on', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  const response = await browse(app, 'GET', PATH, expired(app, cookie), { 'x-original-method': 'GET' })
  t.equal(response.statusCode, 204)
  t.match(setCookie(response), /^holocron=/)
})

t.test(
  'threat: header injection. On the wire each header is there once, and is a number, a word and an id',
  async t => {
    const app = await build(t)
    const { token, user_id } = await logIn(app)
    const raw = await send(app, [
      `GET ${PATH}%0d%0aX-Auth-Role:%20admin HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${token}`,
      'X-Auth-Role: admin',
      'X-Original-Method: GET',
      'Connection: close',
    ])
    t.match(raw, /^HTTP\/1\.1 204 /)
    const lines = raw.split('\r\n').filter(line => /^x-auth-/i.test(line))
    t.same(lines.map(line => line.toLowerCase()).sort(), [
      'x-auth-client: ',
      'x-auth-role: basic',
      'x-auth-scope: ',
      `x-auth-session: ${sessionId(token)}`,
      `x-auth-user: ${user_id}`,
    ])
  },
)

async function send(app: FastifyInstance, lines: string[]): Promise<string> {
  const { port } = new URL(await listen(app))
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return text(socket)
}
