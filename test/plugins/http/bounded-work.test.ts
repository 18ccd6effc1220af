// Denial of service (OWASP API4): whatever a request contains, the event loop is free again within milliseconds. Inputs are checked for their size before work is done on them.
import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import {
  exampleBody,
  fill,
  HEAD_BYTES,
  replaced,
  stringsIn,
  texts,
  valueAt,
  wholeBodies,
  wholeForms,
} from '../../support/adversarial.ts'
import { administrator, build, call, type Environment, REAL, verifiedUser } from '../../support/app.ts'
import { documentOf, operationsOf } from '../../support/document.ts'
import { OFFLINE_PROVIDER } from '../../support/providers/offline.ts'

/** How long a request may keep the event loop busy (ms), on a machine on which the calibration takes no longer than 1 ms. */
const LIMIT_MS = 10

/** Below BODY_LIMIT_BYTES, with room for the other fields. */
const BODY_BYTES = 60_000

/** The full length, and lengths that pass the checks of length. A database has to do with the last alone. */
const LENGTHS = REAL ? [254] : [BODY_BYTES, 4 * 1024, 254]

t.setTimeout(900_000)

const database: Environment = REAL ? {} : { DATABASE_URL: 'sqlite::memory:' }
const app = await build(t, { ...OFFLINE_PROVIDER, ...database })
const document = await documentOf(app)
const operations = operationsOf(document)
let { token } = await administrator(app)

/** Some requests log out. */
async function stayLoggedIn(): Promise<void> {
  const { statusCode } = await call(app, 'GET', '/users/v1/me', { token })
  if (statusCode === 401) token = (await administrator(app)).token
}

/** How long the event loop is busy (ms): what runs in other threads, on servers and between timers does not count. */
async function busyTime(work: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization()
  await work()
  return performance.eventLoopUtilization(before).active
}

/** The least of up to fifty runs: garbage collection, compilation and other processes make the others slower. */
async function leastBusyTime(work: () => Promise<unknown>, enough: number): Promise<number> {
  let least = Infinity
  for (let run = 0; run < 50 && least > enough; run++) least = Math.min(least, await busyTime(work))
  return least
}

/** How slow this machine is: plain work of about a millisecond (ms). */
async function calibration(): Promise<number> {
  const text = JSON.stringify(Array.from({ length: 6000 }, (_, i) => ({ id: i, name: `name ${i}` })))
  return leastBusyTime(async () => JSON.stringify(JSON.parse(text)), 0)
}

const slowness = await calibration()
const limit = LIMIT_MS * Math.max(1, slowness)

async function expectBounded(t: Test, name: string, request: InjectOptions, service = app): Promise<void> {
  const ask = async () => {
    const response = await service.inject(request)
    if (response.statusCode >= 500) t.fail(`${name} is answered ${response.statusCode}`)
    return response
  }
  const ms = await leastBusyTime(ask, limit)
  if (ms > limit) t.fail(`${name} takes ${ms.toFixed(1)} ms`)
}

const json = (method: string, url: string, payload: string): InjectOptions => ({
  method: method as 'POST',
  url,
  payload,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
})

/** A path with values for its parameters. */
const concrete = (path: string) => path.replace(/\{\w+\}/g, '1')

t.test('threat: a string in a body blocks the event loop', async t => {
  for (const { path, method, operation } of operations.filter(({ operation }) => operation.requestBody)) {
    await stayLoggedIn()
    const body = exampleBody(document, operation, 'application/json')
    for (const field of stringsIn(body)) {
      const example = String(valueAt(body, field))
      for (const bytes of LENGTHS)
        for (const [name, text] of texts(bytes, example)) {
          const payload = JSON.stringify(replaced(body, field, text))
          const request = json(
            method,
            concrete(path),
            payload.length > 65_536 ? JSON.stringify(replaced(body, field, text.slice(0, 10_000))) : payload,
          )
          await expectBounded(t, `${method} ${path}, ${field.join('.')} of ${bytes} bytes: ${name}`, request)
        }
    }
  }
})

t.test('threat: a body blocks the event loop as a whole', async t => {
  for (const { path, method } of operations.filter(({ operation }) => operation.requestBody)) {
    for (const [name, body] of wholeBodies(BODY_BYTES))
      await expectBounded(t, `${method} ${path}: ${name}`, json(method, concrete(path), body))
    for (const [name, payload] of wholeForms(BODY_BYTES)) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      await expectBounded(t, `${method} ${path}: ${name}`, {
        method: method as 'POST',
        url: concrete(path),
        payload,
        headers,
      })
    }
  }
})

t.test('threat: a query string or a path blocks the event loop', async t => {
  for (const { path, method, operation } of operations) {
    await stayLoggedIn()
    const { parameters = [] } = operation
    const headers = { authorization: `Bearer ${token}` }
    for (const { name, in: place, schema, example } of parameters)
      for (const bytes of [HEAD_BYTES, 254])
        for (const [kind, text] of texts(bytes / 3, String(example ?? schema.examples ?? 'a'))) {
          const value = encodeURIComponent(text.toWellFormed()).slice(0, bytes).replace(/%.?$/, '')
          const url = place === 'path' ? path.replace(`{${name}}`, value) : `${concrete(path)}?${name}=${value}`
          await expectBounded(t, `${method} ${path}, ${name} of ${bytes} bytes: ${kind}`, {
            method: method as 'GET',
            url: concrete(url),
            headers,
          })
        }
    for (const unit of ['&', 'a&', 'a=1&', 'a[b]=1&', '%', '%41', '+', '?', ';', '=', 'limit=1&'])
      await expectBounded(t, `${method} ${path}?${unit}…`, {
        method: method as 'GET',
        url: `${concrete(path)}?${fill(unit, HEAD_BYTES)}`,
        headers,
      })
  }
})

t.test('threat: thousands of names in the query or the form of a page block the event loop', async t => {
  const names = (count: number, unit: string) =>
    Array.from({ length: count }, (_, i) => i.toString(36) + unit).join('&')
  const query = names(3000, 'x').slice(0, HEAD_BYTES)
  for (const path of ['/', '/signin', '/signup', '/forgot', '/nothing'])
    await expectBounded(t, `GET ${path}`, { method: 'GET', url: `${path}?${query}`, headers: { accept: 'text/html' } })
  const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
  const payload = names(13_000, '=').slice(0, BODY_BYTES)
  for (const url of ['/signin', '/signup', '/forgot', '/signout'])
    await expectBounded(t, `POST ${url}`, { method: 'POST', url, headers, payload })
})

t.test('threat: a path without a route blocks the event loop', async t => {
  for (const prefix of ['/', '/users/v1/', '/users/v1/1/', '/films/v1/', '/ui/static/', '/.well-known/'])
    for (const unit of ['a', '/', '/a', 'a/', '%', '%2f', '%41', '.', '../', '/1', '1', ';', ':', '%c3%a9', '*', '//'])
      for (const method of ['GET', 'POST', 'OPTIONS'] as const)
        await expectBounded(t, `${method} ${prefix}${unit}…`, { method, url: prefix + fill(unit, HEAD_BYTES) })
})

const HEADERS = [
  ...[
    'authorization',
    'cookie',
    'if-none-match',
    'if-match',
    'if-modified-since',
    'range',
    'accept',
    'accept-language',
    'accept-encoding',
  ],
  ...[
    'user-agent',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'host',
    'origin',
    'referer',
    'sec-fetch-site',
  ],
  ...[
    'content-type',
    'content-encoding',
    'expect',
    'connection',
    'upgrade',
    'access-control-request-headers',
    'x-request-id',
  ],
]

/** What makes a value get as far as it can. */
const PREFIXES: Record<string, string> = { authorization: 'Bearer ', cookie: 'holocron=', 'if-none-match': 'W/"' }

t.test('threat: a header blocks the event loop', async t => {
  const settings = { TRUST_PROXY: '127.0.0.0/8', CORS_ORIGINS: 'https://app.example' }
  const proxied = await build(t, { ...settings, ...database })
  const printable = texts(HEAD_BYTES).filter(([, text]) => /^[\x20-\x7e]*$/.test(text))
  const requests: InjectOptions[] = [
    { url: '/films/v1/4' },
    { url: '/films/v1/' },
    { url: '/openapi.json' },
    { url: '/dev/mailbox' },
    { url: '/users/v1/email_verification?token=x' },
    { method: 'OPTIONS', url: '/users/v1/login' },
    { method: 'POST', url: '/users/v1/login', payload: '{}' },
    { method: 'POST', url: '/sessions/v1/', payload: '{"email":"a@b.example","password":"Alderaan1977"}' },
  ]
  for (const request of requests)
    for (const name of HEADERS)
      for (const [kind, text] of printable) {
        const headers = {
          ...(request.payload && { 'content-type': 'application/json' }),
          [name]: (PREFIXES[name] ?? '') + text,
        }
        await expectBounded(t, `${request.url}, ${name}: ${kind}`, { ...request, headers }, proxied)
      }
})

t.test('threat: a user agent blocks the event loop when it is shown', async t => {
  const user = await verifiedUser(app)
  for (const [kind, text] of texts(512, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/1.0'))
    if (/^[\x20-\x7e]*$/.test(text)) {
      const { token } = (
        await call(app, 'POST', '/users/v1/login', { payload: user, headers: { 'user-agent': text } })
      ).json()
      const headers = { authorization: `Bearer ${token}` }
      await expectBounded(t, `a session of ${kind}`, { url: '/users/v1/sessions', headers })
      await call(app, 'POST', '/users/v1/logout', { token })
    }
})
