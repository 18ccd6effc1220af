import t from 'tap'
import { build, call } from '../../support/app.ts'
import { expectError, expectSecurityHeaders } from '../../support/error-response.ts'

const ALLOWED = ['https://app.example', 'https://admin.example:8443']
const FOREIGN = [
  'https://evil.example',
  'http://app.example',
  'https://app.example:444',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'https://APP.example',
  'https://app.example, https://evil.example',
  'https://app.example/',
  'null',
  '*',
  '',
]

const app = await build(t, { CORS_ORIGINS: ALLOWED.join(', ') })

t.test('browsers of the configured origins may call, and may read errors too', async t => {
  for (const origin of ALLOWED)
    for (const url of ['/films/v1/4', '/films/v1/', '/nothing', '/users/v1/login']) {
      const { headers } = await call(app, 'GET', url, { headers: { origin } })
      t.equal(headers['access-control-allow-origin'], origin, `${origin} ${url}`)
      t.match(headers.vary, /Origin/i, 'no cache mixes up two origins')
      expectSecurityHeaders(t, headers)
    }
})

t.test('a preflight of a configured origin is allowed, header names included', async t => {
  for (const origin of ALLOWED) {
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
    const preflight = await call(app, 'OPTIONS', '/users/v1/logout', { headers: { origin, ...asked } })
    t.equal(preflight.statusCode, 204)
    t.equal(preflight.headers['access-control-allow-origin'], origin)
    t.match(preflight.headers['access-control-allow-methods'], /POST/)
    t.equal(preflight.headers['access-control-allow-headers'], 'authorization')
    expectSecurityHeaders(t, preflight.headers)
  }
})

for (const origin of FOREIGN)
  t.test(`the foreign origin "${origin}" is neither allowed nor reflected`, async t => {
    const answers = [
      await call(app, 'GET', '/films/v1/4', { headers: { origin } }),
      await call(app, 'GET', '/nothing', { headers: { origin } }),
      await call(app, 'OPTIONS', '/users/v1/login', { headers: { origin, 'access-control-request-method': 'POST' } }),
    ]
    for (const { headers } of answers) t.notOk(headers['access-control-allow-origin'])
  })

t.test('no origin is ever allowed credentials, so that no cookie of a browser counts', async t => {
  for (const origin of [...ALLOWED, ...FOREIGN])
    for (const method of ['GET', 'OPTIONS'] as const) {
      const { headers } = await call(app, method, '/films/v1/4', { headers: { origin } })
      t.notOk(headers['access-control-allow-credentials'], `${method} ${origin}`)
    }
})

t.test('an OPTIONS that is no preflight is answered without a body', async t => {
  const response = await call(app, 'OPTIONS', '/users/v1/login')
  t.equal(response.statusCode, 204)
  t.equal(response.body, '')
  t.notOk(response.headers['access-control-allow-origin'])
})

t.test('without configured origins, none is allowed', async t => {
  const app = await build(t)
  const origin = 'https://app.example'
  t.notOk((await call(app, 'GET', '/', { headers: { origin } })).headers['access-control-allow-origin'])
  const asked = { origin, 'access-control-request-method': 'POST' }
  expectError(t, await call(app, 'OPTIONS', '/users/v1/login', { headers: asked }), 405, 'method-not-allowed')
})

t.test('origins are configured as people write them, and match as browsers send them', async t => {
  const pairs: Record<string, string> = {
    'HTTPS://App.Example': 'https://app.example',
    'https://app2.example:443': 'https://app2.example',
    'http://app3.example:80': 'http://app3.example',
    'https://bücher.example': 'https://xn--bcher-kva.example',
    'capacitor://localhost': 'capacitor://localhost',
    'Ionic://LocalHost': 'ionic://localhost',
    'chrome-extension://abcdefghijklmnop': 'chrome-extension://abcdefghijklmnop',
    'http://[::1]:5173': 'http://[::1]:5173',
  }
  const app = await build(t, { CORS_ORIGINS: Object.keys(pairs).join() })
  for (const origin of Object.values(pairs))
    t.equal((await call(app, 'GET', '/', { headers: { origin } })).headers['access-control-allow-origin'], origin)
})

t.test('a refused origin is logged once; strangers cannot fill the log with them', async t => {
  const lines: string[] = []
  const app = await build(
    t,
    { CORS_ORIGINS: 'https://app.example', LOG_LEVEL: 'warn' },
    { write: line => void lines.push(line) },
  )
  const ask = (origin: string, headers = {}) => call(app, 'GET', '/', { headers: { origin, ...headers } })
  await ask('https://app.example')
  await ask('http://holocron.test')
  await ask('https://gateway.example', { host: 'gateway.example' })
  await ask('https://gateway.example', { 'sec-fetch-site': 'same-origin' })
  t.same(lines, [], 'neither allowed origins nor our own')
  for (let i = 0; i < 3; i++) await ask('https://ap.example')
  t.equal(lines.length, 1)
  t.match(JSON.parse(lines[0] ?? ''), { origin: 'https://ap.example', msg: 'CORS: origin is not in CORS_ORIGINS' })
  for (let i = 0; i < 100; i++) await ask(`https://${i}.${'x'.repeat(1000)}`)
  t.equal(lines.length, 20)
  t.ok(lines.every(line => line.length < 400))
})
