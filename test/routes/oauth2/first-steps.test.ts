// What developers meet who connect an application: pages at other origins, and the reasons of what is refused.
import t from 'tap'
import { application, browser, serve } from '../../support/oauth.ts'
import { basic, outcome, post, tokensFor } from '../../support/oauth-requests.ts'

const SPA = 'https://spa.example'

const lines: Record<string, unknown>[] = []
const log = { write: (line: string) => void lines.push(JSON.parse(line)) }
const { app, issuer } = await serve(t, { CORS_ORIGINS: 'https://other.example', LOG_LEVEL: 'info' }, log)
const news = await application(app, { scope: 'openid email' })

const ask = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
  fetch(`${issuer}${path}`, { method, headers: { origin: SPA, ...headers } })
const allowed = (response: Response) => response.headers.get('access-control-allow-origin')

t.test('a page at any origin finds endpoints and keys, without credentials', async t => {
  for (const path of [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/jwks.json',
  ]) {
    const response = await ask(path)
    t.equal(response.status, 200)
    t.equal(allowed(response), '*', path)
    t.equal(response.headers.get('access-control-allow-credentials'), null)
  }
  t.equal(allowed(await ask('/films/v1/')), null, 'but nothing that is not public')
})

t.test('a page at the origin of a redirect URI may send tokens, whatever CORS_ORIGINS says', async t => {
  const spa = await application(app, {
    scope: 'openid email',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://news.example/callback', `${SPA}/callback`],
  })
  const preflight = await ask('/oauth2/userinfo', 'OPTIONS', {
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  })
  t.equal(preflight.status, 204)
  t.equal(allowed(preflight), SPA)
  t.match(preflight.headers.get('access-control-allow-headers'), /authorization/i)

  const person = browser(issuer)
  await person.signIn(app)
  const { access_token } = await tokensFor(person, spa)
  const authorization = `Bearer ${access_token}`
  const own = await ask('/oauth2/userinfo', 'GET', { authorization })
  t.equal(own.status, 200)
  t.equal(allowed(own), SPA)
  const foreign = await ask('/oauth2/userinfo', 'GET', { authorization, origin: 'https://evil.example' })
  const listed = await ask('/oauth2/userinfo', 'GET', { authorization, origin: 'https://other.example' })
  t.equal(allowed(listed), 'https://other.example', 'and so may those of the settings')
  t.match({ status: foreign.status, allowed: allowed(foreign) }, { status: 400, allowed: null })
  t.same(
    lines.filter(({ msg }) => String(msg).startsWith('CORS')).map(({ origin }) => origin),
    [SPA],
    'only the films were refused by the settings',
  )
})

t.test('the log says why an application is refused, which the response does not', async t => {
  const code = { grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://news.example/callback' }
  t.equal(outcome(await post(news, 'token', code)), '400 invalid_grant')
  t.equal(outcome(await post(news, 'token', code, basic({ ...news, secret: 'wrong-secret' }))), '401 invalid_client')
  t.equal(outcome(await post(news, 'token', { grant_type: 'client_credentials' })), '400 invalid_request')
  const page = await ask(`/oauth2/authorize?client_id=${news.id}&response_type=code&redirect_uri=${SPA}/callbac`)
  t.equal(page.status, 400)

  // Its access token is a JWT, which the library does not know.
  const reader = await application(app, { scope: 'openid films:read' })
  const person = browser(issuer)
  await person.signIn(app)
  const { access_token } = await tokensFor(person, reader, { scope: 'openid films:read' })
  t.equal(
    (await ask('/oauth2/userinfo', 'GET', { authorization: `Bearer ${access_token}`, origin: issuer })).status,
    200,
  )

  t.equal((await post(news, 'introspect', { token: access_token })).body.active, true)

  const refused = lines.filter(({ msg }) => msg === 'OpenID request refused').slice(-4)
  t.match(refused, [
    { client_id: news.id, error: 'invalid_grant', error_detail: 'authorization code not found' },
    { client_id: news.id, error: 'invalid_client', error_detail: 'invalid secret provided' },
    { client_id: news.id, error: 'invalid_request', error_description: /not allowed for this client/ },
    { client_id: news.id, error: 'invalid_redirect_uri', error_description: /did not match/ },
  ])
  for (const { level, request_id } of refused) {
    t.equal(level, 30)
    t.type(request_id, 'string')
  }
  t.notMatch(JSON.stringify(refused), /wrong-secret/)
})
