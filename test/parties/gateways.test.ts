// Gateways that ask before they pass a request on: who gets through, and that nobody says themselves who they are.
import t from 'tap'
import { call, logIn, REAL } from '../support/app.ts'
import { browserLogIn } from '../support/cookies.ts'
import { token as forge, partsOf } from '../support/jwt/forge.ts'
import { application, browser, serve } from '../support/oauth.ts'
import { claimsOf, post, tokensFor } from '../support/oauth-requests.ts'
import { hasGateway, NAMES, startGateway } from '../support/parties/gateways.ts'
import { sessionId } from '../support/session.ts'

const SMUGGLED = {
  'x-auth-user': '1',
  'x-auth-role': 'admin',
  'x-auth-session': 'x',
  'x-auth-client': 'x',
  'x-auth-scope': 'everything',
}

const { app, issuer } = await serve(t, { OAUTH_RESOURCES: '{"https://api.example":"orders:read"}' })
const scope = 'openid films:read orders:read'
const news = await application(app, { scope })
const scanner = await application(app, { redirect_uris: [], grant_types: ['client_credentials'], scope })
const person = browser(issuer)

const byItself = async (scope: string) =>
  String((await post(scanner, 'token', { grant_type: 'client_credentials', scope })).body.access_token)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** What the service behind the gateway was told of the caller. Some gateways leave out what is empty. */
async function told(response: Response): Promise<Record<string, string>> {
  const { headers } = (await response.json()) as { headers: Record<string, string> }
  return Object.fromEntries(Object.entries(headers).filter(([name, value]) => name.startsWith('x-auth-') && value))
}

for (const name of NAMES) {
  const isMissing = !hasGateway(name) && process.env.CI !== 'true'
  if (isMissing) console.error(`NOT TESTED: ${name} as a gateway. Install ${name.toLowerCase()}`)
  const skip = (REAL && 'what gateways ask does not depend on the profile') || (isMissing && `needs ${name}`)

  t.test(name, { skip }, async t => {
    const { home, reached } = await startGateway(t, name, issuer)
    const send = (headers: Record<string, string>, method = 'GET', path = '/') =>
      fetch(home + path, { method, headers: { ...SMUGGLED, ...headers } })
    const user = await logIn(app)

    await t.test('whoever gets through is named by the gateway alone', async t => {
      await person.signIn(app)
      const { access_token } = await tokensFor(person, news, { scope: 'openid films:read', prompt: 'consent' })
      const { user_id, sid } = claimsOf(access_token)
      const own = await byItself('films:read')
      t.same(await told(await send(bearer(user.token))), {
        'x-auth-user': String(user.user_id),
        'x-auth-role': 'basic',
        'x-auth-session': sessionId(user.token),
      })
      t.same(await told(await send(bearer(access_token))), {
        'x-auth-user': String(user_id),
        'x-auth-session': sid,
        'x-auth-client': news.id,
        'x-auth-scope': 'openid films:read',
      })
      t.same(await told(await send(bearer(own))), {
        'x-auth-session': claimsOf(own).sid,
        'x-auth-client': scanner.id,
        'x-auth-scope': 'films:read',
      })
    })

    await t.test('nobody else gets through, by any method', async t => {
      const before = reached()
      const { claims, ...parts } = partsOf('access', await byItself('films:read'))
      const exp = Math.floor(Date.now() / 1000) - 1
      const refused: Record<string, Record<string, string>> = {
        nothing: {},
        'no token': bearer('x'),
        'an expired one': bearer(forge({ ...parts, claims: { ...claims, exp } })),
        'one for another service': bearer(await byItself('orders:read')),
        'an application for user information only': bearer(
          (await tokensFor(person, news, { scope: 'openid', prompt: 'consent' })).access_token,
        ),
      }
      for (const [what, headers] of Object.entries(refused))
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
          const response = await send(headers, method)
          t.equal(response.status, 401, `${method}: ${what}`)
          t.match(response.headers.get('www-authenticate'), /^Bearer/)
        }
      const preflight = { origin: 'https://app.example', 'access-control-request-method': 'DELETE' }
      t.equal((await send(preflight, 'OPTIONS')).status, 401, 'a preflight')
      const orders = bearer(await byItself('orders:read'))
      t.equal(
        (await send(orders, 'GET', '/x?scope=orders:read&resource=https://api.example')).status,
        401,
        'by the query',
      )
      t.equal(reached(), before)
    })

    await t.test('HEAD and OPTIONS pass with a token, and a logout or a revocation is immediate', async t => {
      const own = await byItself('films:read')
      for (const method of ['HEAD', 'OPTIONS', 'POST'])
        for (const token of [user.token, own]) t.equal((await send(bearer(token), method)).status, 200, method)
      await call(app, 'POST', '/users/v1/logout', { token: user.token })
      t.equal((await send(bearer(user.token))).status, 401)
      const { access_token } = await tokensFor(person, news, { scope: 'openid films:read', prompt: 'consent' })
      t.equal((await send(bearer(access_token))).status, 200)
      await post(news, 'revoke', { token: access_token })
      t.equal((await send(bearer(access_token))).status, 401)
    })

    await t.test('threat: request forgery with the cookie', async t => {
      const cookie = `holocron=${await browserLogIn(app)}`
      t.equal((await send({ cookie }, 'GET')).status, 200)
      t.equal((await send({ cookie }, 'POST')).status, 403)
    })
  })
}
