// Broken access control (OWASP A01): a new route is shut unless its author opens it, and this list says which ones are open.
import t from 'tap'
import { build, call, codeOf, logIn } from '../../../support/app.ts'
import { ask, type Route, routesOf } from '../../../support/routes.ts'

/** Whoever opens another route writes it down here, where it is seen. HEAD goes with GET. */
const PUBLIC = [
  'GET /',
  'GET /.well-known/jwks.json',
  'GET /dev/mailbox',
  'GET /films/v1/:film_id',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /openapi.json',
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
  'POST /users/v1/validate_code',
  'POST /sessions/v1',
  'POST /sessions/v1/',
  'POST /sessions/v1/mfa',
  'POST /sessions/v1/passkey',
  'POST /sessions/v1/recovery_code',
]

const GUARDED = [
  'GET /films/v1',
  'GET /films/v1/',
  'DELETE /sessions/v1',
  'DELETE /sessions/v1/',
  'GET /users/v1',
  'GET /users/v1/',
  'GET /users/v1/:user_id([1-9][0-9]{0,15})',
  'PATCH /users/v1/:user_id([1-9][0-9]{0,15})',
  'PUT /users/v1/:user_id([1-9][0-9]{0,15})',
  'DELETE /users/v1/:user_id([1-9][0-9]{0,15})',
  'GET /users/v1/:user_id([1-9][0-9]{0,15})/events',
  'DELETE /users/v1/:user_id([1-9][0-9]{0,15})/mfa',
  'POST /users/v1/email',
  'GET /users/v1/me',
  'GET /users/v1/mfa/passkeys',
  'POST /users/v1/mfa/passkeys',
  'POST /users/v1/mfa/passkeys/options',
  'PATCH /users/v1/mfa/passkeys/:passkey_id',
  'DELETE /users/v1/mfa/passkeys/:passkey_id',
  'GET /users/v1/mfa/recovery_codes',
  'POST /users/v1/mfa/recovery_codes',
  'POST /users/v1/mfa/totp',
  'DELETE /users/v1/mfa/totp',
  'GET /users/v1/mfa/totp/qrcode',
  'POST /users/v1/mfa/totp/verify',
  'PUT /users/v1/password',
  'GET /users/v1/sessions',
  'DELETE /users/v1/sessions',
  'DELETE /users/v1/sessions/:session_id',
  'GET /users/v1/generate_tokens',
  'POST /users/v1/generate_tokens',
  'POST /users/v1/logout',
]

const nameOf = ({ method, url }: Route) => `${method === 'HEAD' ? 'GET' : method} ${url}`
const guarded = (routes: Route[]) => routes.filter(route => !PUBLIC.includes(nameOf(route)))

t.test('the routes are these and no others', async t => {
  const app = await build(t)
  const routes = routesOf(app)
  for (const { method, url } of routes) t.ok(app.hasRoute({ method, url }), `${method} ${url} is read right`)
  t.same([...new Set(routes.map(nameOf))].sort(), [...PUBLIC, ...GUARDED].sort())
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
        t.equal(response.headers['www-authenticate'], 'Bearer')
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
  const app = await build(t, { NODE_ENV: 'production', SMTP_URL: 'smtp://127.0.0.1:9' })
  const wanted = [...PUBLIC, ...GUARDED].filter(name => name !== 'GET /dev/mailbox')
  t.same([...new Set(routesOf(app).map(nameOf))].sort(), wanted.sort())
  t.equal((await call(app, 'GET', '/dev/mailbox')).statusCode, 404)
})

t.test('with CORS, a preflight needs no token, and opens nothing', async t => {
  const app = await build(t, { CORS_ORIGINS: 'https://app.example' })
  const routes = routesOf(app).filter(({ method }) => method !== 'OPTIONS')
  t.same([...new Set(routes.map(nameOf))].sort(), [...PUBLIC, ...GUARDED].sort())
  for (const route of guarded(routes)) {
    const headers = { origin: 'https://app.example', 'access-control-request-method': route.method }
    const preflight = await call(app, 'OPTIONS', route.path, { headers })
    t.equal(preflight.statusCode, 204, `${route.method} ${route.url}`)
    t.equal((await call(app, route.method as 'GET', route.path, { headers })).statusCode, 401)
  }
})
