// The route for gateways that let applications pass, by the scopes of their tokens.
import t from 'tap'
import { administrator, call, logIn, verifiedUser } from '../../support/app.ts'
import { browse, browserLogIn } from '../../support/cookies.ts'
import * as forge from '../../support/jwt/forge.ts'
import { application, browser, serve } from '../../support/oauth.ts'
import { claimsOf, post, tokensFor } from '../../support/oauth-requests.ts'
import { outcome, sessionId } from '../../support/session.ts'

const API = 'https://api.example'
const ELSEWHERE = 'https://elsewhere.example'
const FILMS = '/oauth2/verify?scope=films%3Aread'
const ORDERS = `/oauth2/verify?scope=orders:read&resource=${API}`

const { app, issuer } = await serve(t, {
  OAUTH_RESOURCES: JSON.stringify({ [API]: 'orders:read orders:write', [ELSEWHERE]: 'x:read' }),
  CORS_ORIGINS: 'https://app.example',
})
const scope = 'openid films:read orders:read orders:write x:read'
const news = await application(app, { scope })
const scanner = await application(app, { redirect_uris: [], grant_types: ['client_credentials'], scope })
const person = browser(issuer)
await person.signIn(app)

const ask = (url: string, token: string) => call(app, 'GET', url, { token })
const byItself = async (scope: string) =>
  String((await post(scanner, 'token', { grant_type: 'client_credentials', scope })).body.access_token)
const forUser = async (scope: string) => (await tokensFor(person, news, { scope, prompt: 'consent' })).access_token

const told = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name, value]) => name.startsWith('x-auth-') && value))

t.test('an application passes with the scope that the gateway names, and the service learns of whom', async t => {
  const token = await forUser('openid films:read')
  const response = await ask(FILMS, token)
  t.equal(outcome(response), '204')
  const { user_id, sid } = claimsOf(token)
  t.same(told(response), {
    'x-auth-user': String(user_id),
    'x-auth-session': sid,
    'x-auth-client': news.id,
    'x-auth-scope': 'openid films:read',
  })
  const own = await byItself('films:read')
  const expected = { 'x-auth-session': claimsOf(own).sid, 'x-auth-client': scanner.id, 'x-auth-scope': 'films:read' }
  t.same(told(await ask(FILMS, own)), expected, 'by itself, of nobody')
})

t.test('logins pass as at /forward_auth/v1/, by token and by cookie', async t => {
  const [user, admin] = [await logIn(app), await administrator(app)]
  for (const url of [FILMS, ORDERS, '/oauth2/verify']) {
    const expected = {
      'x-auth-user': String(user.user_id),
      'x-auth-role': 'basic',
      'x-auth-session': sessionId(user.token),
    }
    t.same(told(await ask(url, user.token)), expected)
    t.match(told(await ask(url, admin.token)), { 'x-auth-role': 'admin' })
  }
  const cookie = await browserLogIn(app)
  t.equal(outcome(await browse(app, 'GET', FILMS, cookie, { 'x-original-method': 'GET' })), '204')
  t.equal(outcome(await browse(app, 'GET', FILMS, cookie, { 'x-original-method': 'POST' })), '403 cross-site')
})

t.test('threat: an application passes by the role of its user', async t => {
  const boss = browser(issuer)
  const account = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', account.email).execute()
  await boss.signIn(app, account)
  const { access_token } = await tokensFor(boss, news, { scope: 'openid films:read', prompt: 'consent' })
  t.equal(claimsOf(access_token).access_role, 'admin')
  const response = await ask(FILMS, access_token)
  t.equal(response.statusCode, 204)
  t.equal(response.headers['x-auth-role'], '', 'there, so that the gateway replaces what it was sent')
})

t.test('threat: a token of an application opens more than its scopes, or another service than its own', async t => {
  const [films, orders, elsewhere] = [
    await forUser('openid films:read'),
    await byItself('orders:read'),
    await byItself('x:read'),
  ]
  const cases: [name: string, url: string, token: string, expected: string][] = [
    ['the service that it is for', ORDERS, orders, '204'],
    [
      'one of two scopes',
      `/oauth2/verify?scope=orders:read%20orders:write&resource=${API}`,
      orders,
      '403 insufficient-scope',
    ],
    ['a scope that it does not have', '/oauth2/verify?scope=films:write', films, '403 insufficient-scope'],
    ['a gateway that names none', '/oauth2/verify', films, '403 insufficient-scope'],
    ['the route for logins', '/forward_auth/v1/', films, '403 insufficient-scope'],
    ['the query of an original request', '/forward_auth/v1/?scope=films:read', films, '403 insufficient-scope'],
    ['ours instead', '/oauth2/verify?scope=orders:read', orders, '401 token-invalid'],
    ['another one', ORDERS, elsewhere, '401 token-invalid'],
    ['another one than ours', ORDERS, films, '401 token-invalid'],
    [
      'another one, with a scope that it has',
      `/oauth2/verify?scope=films:read&resource=${API}`,
      films,
      '401 token-invalid',
    ],
    [
      'one that nobody knows',
      '/oauth2/verify?scope=orders:read&resource=https://x.example',
      orders,
      '401 token-invalid',
    ],
  ]
  for (const [name, url, token, expected] of cases) t.equal(outcome(await ask(url, token)), expected, name)
})

t.test('a gateway that is set up wrongly is told so', async t => {
  const { token } = await logIn(app)
  for (const query of [
    'scope=',
    'scope=a%20',
    'scope=a&scope=b',
    'resource=https://x.example',
    'scopes=a',
    `scope=${'x'.repeat(1001)}`,
  ])
    t.equal(outcome(await ask(`/oauth2/verify?${query}`, token)), '400 request-invalid', query.slice(0, 50))
})

t.test('revocation is immediate, and an expired token does not pass', async t => {
  for (const [url, asked] of [
    [FILMS, 'openid films:read'],
    [ORDERS, 'openid orders:read'],
  ] as const) {
    const token = await forUser(asked)
    t.equal(outcome(await ask(url, token)), '204')
    await post(news, 'revoke', { token })
    t.equal(outcome(await ask(url, token)), '401 token-invalid', 'revoked')
  }
  const { claims, ...parts } = forge.partsOf('access', await byItself('orders:read'))
  t.equal(outcome(await ask(ORDERS, forge.token({ ...parts, claims }))), '204')
  const exp = Math.floor(Date.now() / 1000) - 1
  t.equal(outcome(await ask(ORDERS, forge.token({ ...parts, claims: { ...claims, exp } }))), '401 token-expired')
})

t.test('threat: the query of the original request is taken for the gateway’s', async t => {
  const token = await forUser('openid films:read')
  for (const url of ['/oauth2/verify/?scope=films:read', '/oauth2/verify/x?scope=films:read'])
    t.equal((await ask(url, token)).statusCode, 404, url)
})

t.test('threat: a preflight that is answered counts as permission', async t => {
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'DELETE' }
  t.equal(outcome(await call(app, 'OPTIONS', FILMS, { headers })), '401 authorisation-required')
  const { token } = await logIn(app)
  for (const method of ['HEAD', 'OPTIONS', 'POST', 'DELETE'] as const)
    t.equal((await call(app, method, FILMS, { token })).statusCode, 204, method)
})
