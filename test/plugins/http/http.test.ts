import type { InjectOptions } from 'fastify'
import t from 'tap'
import { build, call, logIn, newEmail, PASSWORD } from '../../support/app.ts'
import { expectError, expectSecurityHeaders } from '../../support/error-response.ts'
import { tokenSource } from '../../support/token-source.ts'

const app = await build(t)
const SIGNUP = '/users/v1/signup'

const json = (payload: string | Buffer, type = 'application/json'): InjectOptions => ({
  method: 'POST',
  url: SIGNUP,
  payload,
  headers: { 'content-type': type },
})
const signup = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({ email: newEmail(), password: PASSWORD, ...fields })
const AMBIGUOUS = { in: 'body', problem: 'must be JSON, without duplicate or reserved names' }

const refusals: [name: string, request: InjectOptions, status: number, code: string, details?: object][] = [
  ['an unknown path', { url: '/nothing' }, 404, 'not-found'],
  ['an unknown path by POST', { method: 'POST', url: '/nothing', payload: {} }, 404, 'not-found'],
  ['a path of another case', { method: 'POST', url: '/Users/v1/login' }, 404, 'not-found'],
  ['a doubled slash', { method: 'POST', url: '//users/v1/login' }, 404, 'not-found'],
  ['a slash at the end', { method: 'POST', url: '/users/v1/login/' }, 404, 'not-found'],
  ['a path parameter of the old kind', { method: 'POST', url: '/users/v1/login;x=1' }, 404, 'not-found'],
  ['OPTIONS *', { method: 'OPTIONS', url: '*' }, 404, 'not-found'],
  ['a bad percent-encoding', { url: '/films/v1/%zz' }, 400, 'request-invalid'],
  ['half a percent-encoding', { url: '/%' }, 400, 'request-invalid'],
  ['a path of invalid UTF-8', { url: '/films/v1/%ff' }, 400, 'request-invalid'],
  ['an over-long path', { url: `/${'x'.repeat(10_000)}` }, 404, 'not-found'],
  ['an over-long path parameter', { url: `/films/v1/${'x'.repeat(101)}` }, 414, 'uri-too-long'],
  ['NUL in a path', { url: '/films/v1/%00' }, 404, 'not-found'],
  ['an encoded slash', { url: '/films%2fv1/4' }, 404, 'not-found'],
  ['dots in a path', { url: '/films/v1/..%2f..%2fetc%2fpasswd' }, 404, 'not-found'],
  [
    'an unknown query parameter',
    { url: '/films/v1/4?extra=1' },
    400,
    'request-invalid',
    { in: 'querystring', field: 'extra' },
  ],
  ['a query parameter given twice', { url: '/dev/mailbox?to=a&to=b' }, 400, 'request-invalid', { field: 'to' }],
  [
    '__proto__ as a query parameter',
    { url: '/films/v1/4?__proto__=1' },
    400,
    'request-invalid',
    { field: '__proto__' },
  ],
  ['no body and no media type', { method: 'POST', url: SIGNUP }, 400, 'request-invalid', { in: 'body' }],
  ['an empty body', json(''), 400, 'request-invalid', { in: 'body' }],
  ['malformed JSON', json('{"email":'), 400, 'request-invalid', AMBIGUOUS],
  ['JSON with something behind', json(`${signup()}x`), 400, 'request-invalid', AMBIGUOUS],
  ['a byte order mark', json(`\ufeff${signup()}`), 400, 'request-invalid', AMBIGUOUS],
  ['invalid UTF-8', json(Buffer.from('{"email":"\xff"}', 'latin1')), 400, 'request-invalid', AMBIGUOUS],
  ['an unpaired surrogate', json('{"\\ud800":1}'), 400, 'email-invalid', {}],
  ['UTF-16', json(Buffer.from(signup(), 'utf16le')), 400, 'request-invalid', AMBIGUOUS],
  [
    'a name that stands twice',
    json('{"email":"a@b.example","email":"c@d.example"}'),
    400,
    'request-invalid',
    AMBIGUOUS,
  ],
  ['a name that stands twice, once escaped', json('{"email":1,"\\u0065mail":2}'), 400, 'request-invalid', AMBIGUOUS],
  ['a name that stands twice deep down', json('{"a":[{"b":{"c":1,"c":2}}]}'), 400, 'request-invalid', AMBIGUOUS],
  ['__proto__', json('{"__proto__":{"email_verified":1}}'), 400, 'request-invalid', AMBIGUOUS],
  ['__proto__, escaped', json('{"\\u005f_proto__":{}}'), 400, 'request-invalid', AMBIGUOUS],
  ['__proto__ deep down', json('{"email":{"a":[{"__proto__":1}]}}'), 400, 'request-invalid', AMBIGUOUS],
  ['constructor.prototype', json('{"constructor":{"prototype":{"x":1}}}'), 400, 'request-invalid', AMBIGUOUS],
  ['a null body', json('null'), 400, 'request-invalid', { in: 'body', problem: 'must be object' }],
  ['a number as body', json('1'), 400, 'request-invalid', { in: 'body' }],
  ['a string as body', json('"email"'), 400, 'request-invalid', { in: 'body' }],
  ['an array as body', json(`[${signup()}]`), 400, 'request-invalid', { in: 'body' }],
  ['arrays 10,000 deep', json('['.repeat(10_000) + ']'.repeat(10_000)), 400, 'request-invalid', { in: 'body' }],
  ['objects 10,000 deep', json('{"a":'.repeat(10_000) + 1 + '}'.repeat(10_000)), 400, 'email-invalid', {}],
  ['a value 10,000 deep', json(`{"email":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), 400, 'password-invalid', {}],
  ['an unclosed nest of 60,000', json('['.repeat(60_000)), 400, 'request-invalid', AMBIGUOUS],
  ['an unknown property', json(signup({ extra: 1 })), 400, 'request-invalid', { in: 'body', field: 'extra' }],
  ['a body over the limit', json(`{"email":"${'x'.repeat(65_536)}"}`), 413, 'body-too-large'],
  [
    'an over-long value',
    json(signup({ email: `${'x'.repeat(60_000)}@b.example` })),
    400,
    'email-invalid',
    { field: 'email' },
  ],
  ['NUL in a value', json(signup({ email: 'a\0@b.example' })), 400, 'email-invalid', { field: 'email' }],
]

for (const [name, request, status, code, details] of refusals)
  t.test(`${name} is answered ${status} ${code}`, async t =>
    expectError(t, await app.inject(request), status, code, details as Record<string, unknown>),
  )

const unsupported = [
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json x',
  'application/json, text/plain',
  'application/jsonx',
  'application/vnd.api+json',
  'text/plain; application/json',
  'json',
  '*/*',
  '',
]
for (const type of unsupported)
  t.test(`a body of media type "${type}" is answered 415`, async t =>
    expectError(t, await app.inject(json(signup(), type)), 415, 'media-type-unsupported'),
  )

t.test('a compressed body is answered 415, and told what is accepted', async t => {
  const request = json(signup())
  const response = await app.inject({ ...request, headers: { ...request.headers, 'content-encoding': 'br' } })
  expectError(t, response, 415, 'media-type-unsupported', { in: 'headers', field: 'content-encoding' })
  t.equal(response.headers['accept-encoding'], 'identity')
  const headers = { 'content-encoding': 'gzip' }
  t.equal((await app.inject({ url: '/', headers })).statusCode, 200, 'without a body nothing is compressed')
})

t.test('a body without a media type is answered 415', async t => {
  const response = await app.inject({ method: 'POST', url: SIGNUP, payload: Buffer.from(signup()) })
  expectError(t, response, 415, 'media-type-unsupported')
})

const odd = [
  'application/json;',
  ' application/json',
  '\tapplication/json',
  'APPLICATION/JSON; charset=UTF-8',
  'application/json\t; charset=utf-8',
  'application/json; charset=latin1',
  'application/json; a="b;c"',
]
for (const type of odd)
  t.test(`an oddly spelled media type (${JSON.stringify(type)}) does not bypass validation`, async t => {
    const response = await app.inject(json(signup({ password: 'short' }), type))
    expectError(t, response, 400, 'password-invalid', { in: 'body', field: 'password' })
  })

t.test('a refusal does not quote a caller’s name at length', async t => {
  const response = await app.inject(json(signup({ ['x'.repeat(5000)]: 1 })))
  expectError(t, response, 400, 'request-invalid', { field: /^x{64}$/ })
})

const methods: [url: string, allowed: string[]][] = [
  [SIGNUP, ['POST']],
  ['/users/v1/login', ['POST']],
  ['/users/v1/logout', ['POST']],
  ['/users/v1/email_verification', ['GET', 'POST']],
  ['/users/v1/generate_tokens', ['GET', 'POST']],
  ['/users/v1/resend_verification_email', ['POST']],
  ['/films/v1', ['GET', 'HEAD']],
  ['/films/v1/', ['GET', 'HEAD']],
  ['/films/v1/4', ['GET', 'HEAD']],
  ['/health/live', ['GET', 'HEAD']],
  // The same paths, spelled otherwise.
  ['/users/v1/%6c%6Fgin', ['POST']],
  ['/%66ilms/v1/%34', ['GET', 'HEAD']],
  ['/films/v1/4?x=/', ['GET', 'HEAD']],
]
for (const [url, allowed] of methods)
  t.test(`${url} answers other methods than ${allowed.join(', ')} with 405 and says which there are`, async t => {
    const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const).filter(
      method => !allowed.includes(method),
    )
    for (const method of others) {
      const response = await app.inject({ method, url })
      expectError(t, response, 405, 'method-not-allowed')
      t.same(String(response.headers.allow).split(', ').sort(), allowed)
    }
  })

t.test('HEAD has the headers of GET, and no body', async t => {
  const { token } = await logIn(app)
  for (const url of ['/', '/films/v1/', '/films/v1/4', '/health/live', '/openapi.json']) {
    const get = await call(app, 'GET', url, { token })
    const head = await call(app, 'HEAD', url, { token })
    t.equal(head.statusCode, 200, url)
    t.equal(head.body, '')
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
      t.equal(head.headers[name], get.headers[name], `${url} ${name}`)
  }
  const refusal = await app.inject({ method: 'HEAD', url: '/films/v1/' })
  t.equal(refusal.statusCode, 401)
  t.equal(refusal.headers['www-authenticate'], `Bearer ${tokenSource(app)}`)
  t.equal(refusal.body, '')
})

t.test('every kind of response has the security headers', async t => {
  const { token } = await logIn(app)
  const browser = { headers: { accept: 'text/html' } }
  const film = await call(app, 'GET', '/films/v1/4')
  const etag = String(film.headers.etag)
  const answers = [
    film,
    await call(app, 'GET', '/films/v1/4', { headers: { 'if-none-match': etag } }),
    await call(app, 'GET', '/films/v1/', { token }),
    await call(app, 'HEAD', '/films/v1/', { token }),
    await call(app, 'GET', '/metrics'),
    await call(app, 'GET', '/openapi.json'),
    await call(app, 'GET', '/.well-known/jwks.json'),
  ]
  for (const { headers } of answers) expectSecurityHeaders(t, headers)
  const pages = [
    await call(app, 'GET', '/dev/mailbox', browser),
    await call(app, 'GET', '/users/v1/email_verification?token=x', browser),
    await call(app, 'GET', '/ui', browser),
    await call(app, 'GET', '/ui/static/index.css'),
  ]
  for (const { headers } of pages) {
    expectSecurityHeaders(t, headers, ['content-security-policy'])
    t.match(headers['content-security-policy'], /default-src 'none'|default-src 'self'/)
  }
})

t.test('an https PUBLIC_URL adds Strict-Transport-Security', async t => {
  t.notOk((await call(app, 'GET', '/')).headers['strict-transport-security'], 'not by http')
  const secure = await build(t, { PUBLIC_URL: 'https://holocron.test' })
  for (const url of ['/', '/nothing', '/%zz'])
    t.equal((await call(secure, 'GET', url)).headers['strict-transport-security'], 'max-age=31536000', url)
})

t.test('HSTS decides whether subdomains are bound to TLS too, or nothing is', async t => {
  const env = { PUBLIC_URL: 'https://holocron.test' }
  for (const [HSTS, expected] of [
    ['max-age=60; includeSubDomains', 'max-age=60; includeSubDomains'],
    ['off', undefined],
  ]) {
    const app = await build(t, { ...env, HSTS: HSTS as string })
    t.equal((await call(app, 'GET', '/')).headers['strict-transport-security'], expected)
  }
})
