// Token confusion (RFC 9700 §4.9, RFC 8725, RFC 9068): which token opens what, and which opens nothing.

import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { call, logIn, NO_CLIENT } from '../../support/app.ts'
import { freePort } from '../../support/free-port.ts'
import { application, browser } from '../../support/oauth.ts'
import { claimsOf, outcome, post, statusOf, tokensFor } from '../../support/oauth-requests.ts'
import { buildWith, routesOf } from '../../support/routes.ts'
import { until } from '../../support/until.ts'

const port = await freePort()
const issuer = `http://127.0.0.1:${port}`
const app = await buildWith(
  t,
  async scope => void scope.post('/late', { config: { scopes: ['films:read'], withoutUser: true } }, async () => ({})),
  { PUBLIC_URL: issuer },
)
await app.listen({ host: '127.0.0.1', port })
const grant_types = ['authorization_code', 'refresh_token'] as ('authorization_code' | 'refresh_token')[]
const news = await application(app, {
  scope: 'openid profile email offline_access films:read',
  grant_types,
  id_token_signed_response_alg: 'EdDSA',
})
const mail = await application(app, { scope: 'openid films:read' })
const spa = await application(app, { scope: 'openid films:read', token_endpoint_auth_method: 'none' })
const scanner = await application(app, { redirect_uris: [], grant_types: ['client_credentials'], scope: 'films:read' })
const person = browser(issuer)
await person.signIn(app)
const tokens = await tokensFor(person, news, { scope: 'openid email offline_access films:read', prompt: 'consent' })
const opaque = await tokensFor(person, news, { scope: 'openid email', prompt: 'consent' })
const { body } = await post(scanner, 'token', { grant_type: 'client_credentials', scope: 'films:read' })
const own = String(body.access_token)
const films = (token: string, scheme?: string) => statusOf(issuer, '/films/v1/', token, scheme)

t.test('each token opens what it is for', async t => {
  t.equal(await films(tokens.access_token), 200)
  t.equal(await films(own), 200)
  t.equal(await statusOf(issuer, '/oauth2/userinfo', tokens.access_token), 200)
  t.equal(await statusOf(issuer, '/oauth2/userinfo', opaque.access_token), 200)
})

t.test('a token that an application gets for itself has a scope of a resource: others open nothing', async t => {
  const byItself = (form: Record<string, string>) =>
    post(scanner, 'token', { grant_type: 'client_credentials', ...form })
  for (const form of [{}, { scope: '' }]) {
    const answer = await byItself(form as Record<string, string>)
    t.equal(outcome(answer), '400 invalid_scope', JSON.stringify(form))
    t.match(answer.body.error_description, 'a scope of a resource')
  }
  for (const scope of ['openid', 'openid films:read'])
    t.equal(outcome(await byItself({ scope })), '400 invalid_scope', scope)
  t.equal(outcome(await byItself({ resource: issuer })), '400 invalid_target')
})

t.test('threat: an application calls a route that its user never allowed it', async t => {
  const routes = (await routesOf(app)).filter(
    ({ url }) => !url.startsWith('/oauth2/') && !/^\/(films\/v1|late)/.test(url),
  )
  let guarded = 0
  for (const { method, url } of routes) {
    if (method === 'HEAD' || method === 'OPTIONS') continue
    const path = url
      .replace(':user_id', String(claimsOf(tokens.access_token).user_id))
      .replace(/:\w+/g, '1')
      .replace('*', 'x')
    const anonymous = await call(app, method as 'GET', path)
    if (anonymous.statusCode !== 401) continue
    guarded++
    for (const token of [tokens.access_token, own]) {
      const { statusCode } = await call(app, method as 'GET', path, { token })
      if (statusCode !== 403 && statusCode !== 401) t.fail(`${method} ${url}: ${statusCode}`)
    }
  }
  t.ok(guarded > 30, `${guarded} routes`)
})

t.test('threat: a token of one kind passes as another', async t => {
  const { token, refresh_token } = await logIn(app)
  const cases: Record<string, string> = {
    'an ID token': tokens.id_token,
    'an opaque access token': opaque.access_token,
    'a refresh token of an application': tokens.refresh_token,
    'a refresh token of ours': refresh_token,
  }
  for (const [name, wrong] of Object.entries(cases)) {
    t.equal(await films(wrong), 401, name)
    t.equal(await statusOf(issuer, '/users/v1/me', wrong), 401, name)
    if (wrong !== opaque.access_token) t.equal(await statusOf(issuer, '/oauth2/userinfo', wrong), 401, name)
  }
  t.equal(await statusOf(issuer, '/oauth2/userinfo', token), 401, 'a login of our own, which has no scope')
  t.equal(await statusOf(issuer, '/oauth2/userinfo', own), 401, 'of no user')
  for (const wrong of [tokens.access_token, tokens.id_token, tokens.refresh_token, own])
    t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { token: wrong })).statusCode, 401)
})

t.test('threat: an access token passes as a hint of who is signed in', async t => {
  for (const id_token_hint of [tokens.access_token, own, 'x.y.z', opaque.access_token]) {
    const query = new URLSearchParams({
      client_id: news.id,
      redirect_uri: 'https://news.example/callback',
      response_type: 'code',
      scope: 'openid',
      state: 's',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      prompt: 'none',
      id_token_hint,
    })
    const { headers } = await person.get(`/oauth2/authorize?${query}`)
    t.equal(new URL(headers.get('location') ?? issuer).searchParams.get('error'), 'invalid_request')
  }
})

t.test('threat: signatures are left out, made with the public key, or changed', async t => {
  const [header = '', payload = '', signature = ''] = tokens.access_token.split('.')
  const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { keys } = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string; x?: string }[]
  }
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const admin = json({ ...claimsOf(tokens.access_token), access_role: 'admin', scope: undefined })
  const hs = `${json({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`
  const forged = [
    `${json({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    `${header}.${payload}.`,
    `${header}.${admin}.${signature}`,
    ...keys.map(
      key =>
        `${hs}.${createHmac('sha256', key.x ?? '')
          .update(hs)
          .digest('base64url')}`,
    ),
    `${hs}.${createHmac('sha256', news.secret ?? '')
      .update(hs)
      .digest('base64url')}`,
    `${tokens.access_token}=`,
  ]
  for (const token of forged) {
    t.equal(await films(token), 401)
    t.equal(await statusOf(issuer, '/oauth2/userinfo', token), 401)
  }
})

t.test('threat: public routes take an application for its user', async t => {
  const { user_id } = claimsOf(tokens.access_token)
  const payload = { email: 'admin@alderaan.example', password: 'Alderaan1977', access_role: 'admin' }
  t.not((await call(app, 'POST', '/users/v1/signup', { token: tokens.access_token, payload })).statusCode, 200)
  t.ok(user_id)
  const before = await app.db.selectFrom('users').select('id').where('email', '=', payload.email).execute()
  t.same(before, [])
})

for (const [name, token, end] of [
  [
    'of a user',
    tokens.access_token,
    () =>
      app.sessions.end(
        Number(claimsOf(tokens.access_token).user_id),
        String(claimsOf(tokens.access_token).sid),
        NO_CLIENT,
      ),
  ],
  ['of its own', own, () => app.revocations.publish(String(claimsOf(own).sid), Infinity)],
] as const)
  t.test(`threat: a request with a token ${name} holds its body back until the token is revoked`, async t => {
    let arrived = 0
    const count = () => arrived++
    app.server.on('request', count)
    const socket = connect(port, '127.0.0.1')
    const head = ['POST /late HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`, 'Connection: close']
    socket.write([...head, 'Content-Type: application/json', 'Content-Length: 2', '', ''].join('\r\n'))
    await until(() => arrived > 0)
    await end()
    socket.write('{}')
    const [answer] = await Promise.all([text(socket), once(socket, 'close')])
    t.match(answer, /^HTTP\/1.1 401 /)
    t.equal(await statusOf(issuer, '/films/v1/', token), 401)
    app.server.off('request', count)
  })

t.test('what another application introspects, or revokes', async t => {
  const fresh = await tokensFor(person, news, { scope: 'openid email offline_access films:read', prompt: 'consent' })
  const mine = await tokensFor(person, news, { scope: 'openid email', prompt: 'consent' })
  t.match((await post(news, 'introspect', { token: fresh.access_token })).body, { active: true, client_id: news.id })
  t.match((await post(news, 'introspect', { token: mine.access_token })).body, { active: true, client_id: news.id })
  t.match((await post(mail, 'introspect', { token: fresh.access_token })).body, { active: true }, 'a resource server')
  for (const token of [mine.access_token, fresh.refresh_token, fresh.id_token, 'x', '', `${fresh.access_token}x`]) {
    const answer = await post(mail, 'introspect', { token })
    t.same(answer.body.active ?? answer.body.error, token === '' ? 'invalid_request' : false, token)
  }
  t.same(
    (await post(spa, 'introspect', { token: fresh.access_token })).body,
    { active: false },
    'anybody can be a public client',
  )
  for (const token of [fresh.access_token, fresh.refresh_token, mine.access_token])
    for (const client of [mail, spa]) t.match(outcome(await post(client, 'revoke', { token })), /^200$|^400 /)
  t.equal(await films(fresh.access_token), 200)
  t.equal(await statusOf(issuer, '/oauth2/userinfo', mine.access_token), 200)
  t.equal(outcome(await post(news, 'revoke', { token: 'x' })), '200')
})

t.test('threat: an application ends a login of ours by revoking its token', async t => {
  const { token, refresh_token } = await logIn(app)
  for (const each of [token, refresh_token]) await post(news, 'revoke', { token: each })
  t.equal(await statusOf(issuer, '/users/v1/me', token), 200)
})

t.test('what an application learns about its user is what it was allowed', async t => {
  const plain = await tokensFor(person, news, { scope: 'openid', prompt: 'consent' })
  const info = await (
    await fetch(`${issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${plain.access_token}` } })
  ).json()
  t.same(Object.keys(info as object), ['sub'])
  t.notOk('email' in claimsOf(plain.id_token))
})

t.test('user information takes a token by a form as by the header, whatever kind it is (RFC 6750 §2.2)', async t => {
  const url = `${issuer}/oauth2/userinfo`
  const byForm = (access_token: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ access_token }), headers })
  for (const { access_token } of [
    await tokensFor(person, news, { scope: 'openid email films:read', prompt: 'consent' }),
    await tokensFor(person, news, { scope: 'openid email', prompt: 'consent' }),
  ]) {
    const byHeader = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })
    const response = await byForm(access_token)
    t.equal(response.status, 200)
    t.same(await response.json(), await byHeader.json())
    t.equal((await byForm(access_token, { authorization: `Bearer ${access_token}` })).status, 400, 'not by both')
  }
  for (const token of [own, `${tokens.access_token}x`, 'x.y.z', (await logIn(app)).token])
    t.equal((await byForm(token)).status, 401)
})
