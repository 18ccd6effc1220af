// Broken access control (OWASP A01): a route is guarded unless its author opens it, and this list says which ones are open. All others are read from the router.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build as buildApp, call, codeOf, type Environment, logIn, type Test } from '../../../support/app.ts'
import { OFFLINE_PROVIDER } from '../../../support/providers/offline.ts'
import { ask, type Route, routesOf } from '../../../support/routes.ts'
import { tokenSource } from '../../../support/token-source.ts'

/** With every capability configured that has routes. */
const build = (t: Test, env: Environment = {}) => buildApp(t, { ...OFFLINE_PROVIDER, ...env })

/** To open another route is to add it here, where a reviewer sees it. HEAD goes with GET. */
const PUBLIC = [
  'GET /',
  'GET /.well-known/change-password',
  'GET /.well-known/jwks.json',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/oauth-protected-resource',
  'GET /.well-known/openid-configuration',
  'GET /assets/:file',
  'GET /avatars/:avatar_id-:size.webp',
  'GET /avatars/default-:seed.svg',
  'GET /dev/mailbox',
  'GET /dev/mailbox/:mail_id',
  'GET /films/v1/:film_id',
  'GET /forgot',
  'POST /forgot',
  'POST /forgot/code',
  'GET /forgot/sent',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /oauth2/authorize',
  'POST /oauth2/authorize',
  'GET /oauth2/authorize/:uid',
  'GET /oauth2/device',
  'POST /oauth2/device',
  'GET /oauth2/device/:uid',
  'POST /oauth2/device_authorization',
  'GET /oauth2/interaction/:uid',
  'POST /oauth2/introspect',
  'GET /oauth2/jwks',
  'GET /oauth2/logout',
  'POST /oauth2/logout',
  'POST /oauth2/logout/confirm',
  'GET /oauth2/logout/success',
  'POST /oauth2/par',
  'POST /oauth2/revoke',
  'POST /oauth2/token',
  'GET /oauth2/userinfo',
  'POST /oauth2/userinfo',
  'GET /openapi.json',
  'GET /signin',
  'POST /signin',
  'POST /signin/mfa',
  'POST /signin/recovery_code',
  'GET /signout',
  'POST /signout',
  'GET /signup',
  'POST /signup',
  'GET /signup/resend',
  'POST /signup/resend',
  'GET /signup/sent',
  'POST /social/v1/:provider',
  'GET /social/v1/:provider/authorize',
  'GET /social/v1/:provider/callback',
  'POST /social/v1/:provider/transaction',
  'GET /social/v1/email',
  'POST /social/v1/email',
  'GET /social/v1/providers',
  'GET /ui',
  'GET /ui/',
  'GET /ui/json',
  'GET /ui/static/*',
  'GET /ui/static/index.html',
  'GET /ui/static/swagger-initializer.js',
  'GET /ui/yaml',
  'GET /users/v1/email_verification',
  'POST /users/v1/email_verification',
  'POST /users/v1/login',
  'POST /users/v1/login/mfa',
  'POST /users/v1/login/passkey',
  'POST /users/v1/login/passkey/options',
  'POST /users/v1/login/recovery_code',
  'POST /users/v1/password_forgotten',
  'GET /users/v1/password_reset',
  'POST /users/v1/password_reset',
  'POST /users/v1/resend_verification_email',
  'POST /users/v1/signup',
  'POST /users/v1/token',
  'POST /users/v1/validate_code',
  'GET /vaccinations/v1/issuer/.well-known/crl/:file',
  'GET /vaccinations/v1/issuer/.well-known/jwks.json',
  'POST /sessions/v1',
  'POST /sessions/v1/',
  'POST /sessions/v1/mfa',
  'POST /sessions/v1/passkey',
  'POST /sessions/v1/recovery_code',
]

/** Routes with scopes. */
const TO_APPLICATIONS = /^\/(?:films\/v1\/?$|revocations\/v1\/stream|contacts\/v1|vaccinations\/v1(?!.*\/approval$))/

const nameOf = ({ method, url }: Route) => `${method === 'HEAD' ? 'GET' : method} ${url}`
/** Preflights of the provider's endpoints are answered for everybody. */
const isPreflight = ({ method, url }: Route) => method === 'OPTIONS' && url.startsWith('/oauth2/')
const guarded = (routes: Route[]) => routes.filter(route => !PUBLIC.includes(nameOf(route)) && !isPreflight(route))

const namesOf = (app: FastifyInstance) =>
  new Set(
    routesOf(app)
      .filter(({ method }) => method !== 'OPTIONS')
      .map(nameOf),
  )

t.test('the list of public routes names none that is gone, and the router is read right', async t => {
  const app = await build(t)
  const routes = routesOf(app)
  for (const { method, url } of routes) t.ok(app.hasRoute({ method, url }), `${method} ${url}`)
  t.same(new Set(PUBLIC).difference(namesOf(app)), new Set())
  t.ok(guarded(routes).length > PUBLIC.length)
})

t.test(
  'every route that is not public refuses a request without a token, before anything else is looked at',
  async t => {
    const app = await build(t)
    const requests: Record<string, object> = {
      'nothing else': {},
      'a body that is no JSON': { payload: '{', headers: { 'content-type': 'application/json' } },
      'a body of an unknown type': { payload: 'x', headers: { 'content-type': 'text/plain' } },
      'a body over the limit': {
        payload: JSON.stringify('x'.repeat(100_000)),
        headers: { 'content-type': 'application/json' },
      },
      'an unknown query': { query: { no: 'such' } },
    }
    for (const { method, url, path } of guarded(routesOf(app))) {
      for (const [name, request] of Object.entries(requests)) {
        const withBody = 'payload' in request && method !== 'POST'
        if (withBody) continue
        const response = await call(app, method as 'GET', path, request)
        t.equal(response.statusCode, 401, `${method} ${url}: ${name}`)
        // Those that are open to applications say where a token comes from.
        const source = TO_APPLICATIONS.test(url) ? ` ${tokenSource(app)}` : ''
        // Which scopes, is said by the tests of each.
        const challenge = String(response.headers['www-authenticate']).replace(/scope="[^"]+"/, 'scope="films:read"')
        t.equal(challenge, `Bearer${source}`)
        t.match(response.headers['cache-control'], /no-store/)
        if (method === 'HEAD') continue
        t.same(response.json(), {
          status: 'error',
          statusCode: 401,
          error: 'Unauthorized',
          message: 'authorisation-required',
        })
      }
    }
  },
)

t.test('every route that is not public rejects malformed tokens, and tokens of another kind', async t => {
  const app = await build(t)
  const { token, refresh_token } = await logIn(app)
  for (const route of guarded(routesOf(app))) {
    const wrong = route.url.endsWith('/generate_tokens') ? token : refresh_token
    for (const token of ['x', 'x.y.z', wrong]) {
      const response = await ask(app, route, token)
      t.equal(response.statusCode, 401, `${route.method} ${route.url}`)
      if (route.method !== 'HEAD') t.equal(codeOf(response), 'token-invalid')
    }
  }
  t.equal((await call(app, 'GET', '/films/v1/', { token })).statusCode, 200)
})

t.test('every route that is not public refuses the tokens of a session that has ended', async t => {
  const app = await build(t)
  const { token, refresh_token } = await logIn(app)
  await call(app, 'POST', '/users/v1/logout', { token })
  for (const route of guarded(routesOf(app))) {
    for (const dead of [token, refresh_token]) {
      t.equal((await ask(app, route, dead)).statusCode, 401, `${route.method} ${route.url}`)
    }
  }
})

t.test('production has no development mailbox, and no further public route', async t => {
  const app = await build(t, { NODE_ENV: 'production', SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@holocron.test' })
  const elsewhere = namesOf(await build(t))
  t.same(
    elsewhere.symmetricDifference(namesOf(app)),
    new Set(['GET /dev/mailbox', 'GET /dev/mailbox/:mail_id', 'GET /metrics']),
  )
  t.equal((await call(app, 'GET', '/dev/mailbox')).statusCode, 404)
})

t.test('with CORS, a preflight needs no token, and opens nothing', async t => {
  const app = await build(t, { CORS_ORIGINS: 'https://app.example' })
  // To a gateway's question there are no preflights: the answer would be permission.
  const routes = routesOf(app).filter(
    ({ method, url }) => method !== 'OPTIONS' && !/^\/(forward_auth\/|oauth2\/verify)/.test(url),
  )
  t.same(namesOf(app), namesOf(await build(t)))
  for (const route of guarded(routes)) {
    const headers = { origin: 'https://app.example', 'access-control-request-method': route.method }
    const preflight = await call(app, 'OPTIONS', route.path, { headers })
    t.equal(preflight.statusCode, 204, `${route.method} ${route.url}`)
    t.equal((await call(app, route.method as 'GET', route.path, { headers })).statusCode, 401)
  }
})
