import type { FastifyInstance, InjectOptions } from 'fastify'
import t from 'tap'
import {
  build,
  call,
  type Environment,
  mailedToken,
  NO_CLIENT,
  newEmail,
  type Test,
  verifiedUser,
} from '../../support/app.ts'
import { expectError } from '../../support/error-response.ts'
import { challenge, enrolled, otpOf, startTotp, wrongOtp } from '../../support/mfa.ts'

interface Line {
  level: number
  time: number
  pid: number
  msg: string
  request_id?: string
  route?: string
  statusCode?: number
}

async function buildWithLog(t: Test, env: Environment = {}) {
  const written: string[] = []
  const app = await build(t, { LOG_LEVEL: 'trace', ...env }, { write: line => void written.push(line) })
  const lines = () => written.map(line => JSON.parse(line) as Line)
  return { app, written, lines }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }
const CANARY = { password: 'Canary1Password', wrong: 'Canary2Password', cookie: 'canary-cookie', basic: 'Y2FuYXJ5' }

type Send = (
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  options?: Parameters<typeof call>[3],
) => ReturnType<typeof call>

/** The same for second factors. Resolves to their secrets. */
async function useSecondFactors(app: FastifyInstance, send: Send): Promise<string[]> {
  const { user, token, secret, recovery_codes } = await enrolled(app)
  const [code = '', another = ''] = recovery_codes
  const { password } = user
  const { secret: pending, uri, qr_code } = await startTotp(app, token)
  await send('GET', `/users/v1/mfa/totp/qrcode?secret=${secret}`, { token })
  await send('POST', '/users/v1/mfa/totp/verify', { token, payload: { otp: pending } })
  const { mfa_token } = await challenge(app, user)
  await send('POST', '/users/v1/login/mfa', { payload: { mfa_token, otp: wrongOtp(secret) } })
  await send('POST', '/users/v1/login/mfa', { payload: { mfa_token, otp: code } })
  await send('POST', `/users/v1/login/mfa?mfa_token=${mfa_token}`, {
    payload: `{"recovery_code":"${code}",`,
    headers: JSON_TYPE,
  })
  await send('POST', '/users/v1/login/recovery_code', { payload: { mfa_token: `${mfa_token}x`, recovery_code: code } })
  await send('POST', '/users/v1/login/recovery_code', { payload: { mfa_token, recovery_code: code } })
  await send('POST', '/users/v1/login/recovery_code', { payload: { mfa_token, recovery_code: code } })
  const fresh = await send('POST', '/users/v1/mfa/recovery_codes', { token, payload: { otp: otpOf(secret) } })
  await send('DELETE', '/users/v1/mfa/totp', { token, payload: { password, recovery_code: another, otp: secret } })
  const { recovery_codes: renewed } = fresh.json<{ recovery_codes: string[] }>()
  await send('DELETE', '/users/v1/mfa/totp', { token, payload: { password, recovery_code: renewed[0] } })
  const codes = [...recovery_codes, ...renewed]
  return [secret, pending, uri, qr_code, mfa_token, ...codes, ...codes.map(each => each.replaceAll('-', ''))]
}

/** Uses every route, well and badly, with secrets wherever a caller may put some. */
async function useEverything(app: FastifyInstance) {
  const answers: string[] = []
  const send: Send = async (method, url, options = {}) => {
    const response = await call(app, method, url, options)
    answers.push(response.statusCode < 400 ? '' : response.body)
    return response
  }
  const payload = { email: newEmail(), password: CANARY.password }
  const wrong = { ...payload, password: CANARY.wrong }
  const cookie = { cookie: `session=${CANARY.cookie}` }

  await send('POST', '/users/v1/signup', { payload, headers: cookie })
  await send('POST', '/users/v1/signup', { payload })
  const mailed = await mailedToken(app, payload.email)
  await send('GET', `/users/v1/email_verification?token=${mailed}&extra=1`)
  await send('GET', `/users/v1/email_verification/${mailed}`)
  await send('POST', '/users/v1/email_verification', { payload: `token=${mailed}&token=x`, headers: FORM })
  await send('GET', `/users/v1/email_verification?token=${mailed}`, { headers: { accept: 'text/html' } })
  await send('GET', `/users/v1/email_verification?token=${mailed}`)
  await send('GET', `/users/v1/email_verification?token=${mailed}`)

  await send('POST', '/users/v1/login', { payload: wrong })
  await send('POST', '/users/v1/login', { payload: { ...wrong, [CANARY.wrong]: 1 } })
  await send('POST', '/users/v1/login', { payload: { ...wrong, email: CANARY.wrong } })
  await send('POST', '/users/v1/login', { payload: { ...payload, password: { nested: CANARY.wrong } } })
  await send('POST', '/users/v1/login', { payload: `{"password":"${CANARY.wrong}",`, headers: JSON_TYPE })
  await send('POST', `/users/v1/login?password=${CANARY.wrong}`, { payload: CANARY.wrong, headers: FORM })
  const { token, refresh_token } = (await send('POST', '/users/v1/login', { payload })).json()

  await send('GET', '/films/v1/', { token, headers: cookie })
  await send('GET', '/films/v1/', { token: `${token}x` })
  await send('GET', '/films/v1/', { headers: { authorization: `Basic ${CANARY.basic}` } })
  await send('GET', `/films/v1/?access_token=${token}`, { token })
  await send('GET', `/${token}`, { token })
  await send('GET', `/films/v1/${token}`, { token })
  await send('GET', `/%zz${token}`, { token })
  await send('POST', '/users/v1/generate_tokens', { token: refresh_token, payload: { old_access_token: `${token}x` } })
  await send('GET', `/users/v1/generate_tokens?old_access_token=${token}`, { token: refresh_token })
  const next = (await send('POST', '/users/v1/generate_tokens', { token: refresh_token })).json()
  await send('POST', '/users/v1/logout', { token: next.token })
  await send('POST', '/users/v1/generate_tokens', { token: refresh_token })

  const half = await useSecondFactors(app, send)
  const tokens = [mailed, token, refresh_token, next.token, next.refresh_token]
  return { answers, secrets: [...Object.values(CANARY), ...half, ...tokens, ...tokens.map(each => each.slice(-40))] }
}

t.test('no password, token or cookie appears in a log line, a refusal or a metric', async t => {
  const { app, written } = await buildWithLog(t)
  const { answers, secrets } = await useEverything(app)
  t.ok(written.length > 20)
  const metrics = await call(app, 'GET', '/metrics')
  for (const secret of secrets) {
    t.notOk(
      written.find(line => line.includes(secret)),
      `log: ${secret.slice(0, 15)}…`,
    )
    t.notOk(metrics.body.includes(secret), 'metrics')
  }
  // A refusal names the field at fault, and that name is the caller's own: here, once, a secret.
  const refusals = answers.filter(body => !body.includes(`"field":"${CANARY.wrong}"`)).join('\n')
  for (const secret of secrets) t.notOk(refusals.includes(secret), `answers: ${secret.slice(0, 15)}…`)
})

t.test('an error of the database leaks neither SQL nor hashes, neither to the caller nor to the log', async t => {
  const { app, written, lines } = await buildWithLog(t)
  const user = await verifiedUser(app)
  const { token, refresh_token } = (await call(app, 'POST', '/users/v1/login', { payload: user })).json()
  // Renamed, for MySQL drops no table that another refers to.
  for (const table of ['one_time_tokens', 'outbox', 'audit_events', 'sessions', 'users'] as const)
    await app.db.schema.alterTable(table).renameTo(`lost_${table}`).execute()
  const start = written.length
  const requests: [url: string, options: Parameters<typeof call>[3]][] = [
    ['/users/v1/signup', { payload: { email: newEmail(), password: CANARY.password } }],
    ['/users/v1/login', { payload: user }],
    ['/users/v1/logout', { token }],
    ['/users/v1/generate_tokens', { token: refresh_token }],
    ['/users/v1/email_verification', { payload: { token: 'canary-token' } }],
    ['/users/v1/resend_verification_email', { payload: { email: user.email } }],
  ]
  for (const [url, options] of requests) expectError(t, await call(app, 'POST', url, options), 500, 'internal-error')

  const unexpected = lines()
    .slice(start)
    .filter(({ msg }) => msg === 'unexpected error')
  t.equal(unexpected.length, requests.length, 'the operator hears of each')
  const log = written.slice(start).join('')
  t.notMatch(log, /insert into|select .* from|update .* set|\$argon2/i)
  for (const secret of [CANARY.password, user.password, token, refresh_token, 'canary-token'])
    t.notOk(log.includes(secret))
})

const FORGED = '{"level":60,"msg":"forged","time":1}'
const NEW_LINES = ['\n', '\r\n', '\r', '\u2028', '\u0085', '%0a', '%0d%0a', '\\n']

t.test('a forwarded address counts only if it is an IP', async t => {
  const { app, lines } = await buildWithLog(t, { TRUST_PROXY: '1' })
  const user = await verifiedUser(app)
  const cases: [told: string, taken: string][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['evil, 2001:db8::9', '2001:db8::9'],
    ['\u00e9', '127.0.0.1'],
    ['x'.repeat(100), '127.0.0.1'],
    [FORGED, '127.0.0.1'],
    ['203.0.113.9\u0085', '127.0.0.1'],
  ]
  for (const [told, taken] of cases) {
    const response = await call(app, 'POST', '/users/v1/login', { payload: user, headers: { 'x-forwarded-for': told } })
    t.equal(response.statusCode, 200)
    t.match(lines().at(-1), { msg: 'request completed', ip: taken })
  }
})

t.test('line breaks in input forge no log line (log injection)', async t => {
  const { app, written, lines } = await buildWithLog(t, { TRUST_PROXY: '1' })
  for (const newLine of NEW_LINES) {
    const evil = `x${newLine}${FORGED}${newLine}`
    const encoded = encodeURIComponent(evil)
    const headers = { 'user-agent': evil, 'x-forwarded-for': evil, 'x-request-id': evil, host: evil, origin: evil }
    const requests: InjectOptions[] = [
      { url: `/${encoded}` },
      { url: `/films/v1/${encoded}` },
      { url: `/films/v1/4?${encoded}=${encoded}` },
      { url: `/users/v1/email_verification?token=${encoded}` },
      { method: 'POST', url: '/users/v1/login', payload: { email: evil, password: evil } },
      { method: 'POST', url: '/users/v1/login', payload: { [evil]: evil } },
      { url: '/films/v1/', headers: { authorization: `Bearer ${evil}` } },
    ]
    for (const request of requests) await app.inject({ ...request, headers: { ...headers, ...request.headers } })
  }
  t.ok(written.length >= NEW_LINES.length * 7)
  for (const line of written) t.match(line, /^\{[^\n\r\u2028\u0085]*\}\n$/, 'one line each')
  t.notOk(lines().some(({ msg }) => msg === 'forged'))
})

t.test('log lines and response of a request carry the same id, chosen by the service', async t => {
  const { app, lines } = await buildWithLog(t)
  const ids = new Set<unknown>()
  for (const url of ['/', '/nothing', '/films/v1/', '/films/v1/4', '/users/v1/login']) {
    const { headers, statusCode } = await call(app, 'GET', url, {
      headers: { 'x-request-id': 'mine', 'request-id': 'mine' },
    })
    const id = headers['x-request-id']
    const own = lines().filter(line => line.request_id === id)
    t.equal(own.length, 1, `${url}: ${id}`)
    t.match(own[0], { msg: 'request completed', statusCode })
    ids.add(id)
  }
  t.equal(ids.size, 5)
})

t.test('lines name the route, never the URL', async t => {
  const { app, written, lines } = await buildWithLog(t)
  await call(app, 'GET', '/films/v1/4?options[planets]=false')
  await call(app, 'GET', '/no-such-canary?query=canary')
  const routes = lines().map(({ route }) => route)
  t.ok(routes.includes('/films/v1/:film_id'))
  t.notMatch(written.join(''), /canary|options/)
})

t.test('unknown paths do not grow the metrics', async t => {
  const { app } = await buildWithLog(t)
  for (let i = 0; i < 50; i++) await call(app, 'GET', `/random-path-${i}`)
  const { body } = await call(app, 'GET', '/metrics')
  t.notMatch(body, 'random-path')
  t.match(body, /holocron_http_request_duration_seconds_count\{[^}]*route="unknown"[^}]*\} 50/)
})

t.test('at the usual level, reads that succeed are not logged; refusals and changes are', async t => {
  const { app, lines } = await buildWithLog(t, { LOG_LEVEL: 'info' })
  const answered = () => lines().filter(({ msg }) => msg === 'request completed').length
  await call(app, 'GET', '/films/v1/4')
  t.equal(answered(), 0)
  await call(app, 'GET', '/films/v1/')
  await call(app, 'POST', '/users/v1/resend_verification_email', { payload: { email: newEmail() } })
  t.equal(answered(), 2)
})

t.test('introspection is a read, although it is sent by POST', async t => {
  const { app, lines } = await buildWithLog(t, { LOG_LEVEL: 'info' })
  const answered = () => lines().filter(({ msg }) => msg === 'request completed')
  const { client, client_secret = '' } = await app.oauthClients.create(
    { client_name: 'Films', grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' },
    { client: NO_CLIENT },
  )
  const introspect = (secret: string) => {
    const form = new URLSearchParams({ client_id: client.client_id, client_secret: secret, token: 'x' })
    return call(app, 'POST', '/oauth2/introspect', { payload: String(form), headers: FORM })
  }
  t.equal((await introspect(client_secret)).statusCode, 200)
  t.same(answered(), [])
  t.equal((await introspect('x')).statusCode, 401)
  t.match(answered(), [{ route: '/oauth2/introspect', statusCode: 401 }])
})

t.test('every line is JSON with level, time and process', async t => {
  const { app, lines } = await buildWithLog(t)
  await useEverything(app)
  for (const line of lines()) t.match(line, { level: Number, time: Number, pid: process.pid })
})

t.test('levels have names instead of numbers if the log collector wants them', async t => {
  const { app, lines } = await buildWithLog(t, { LOG_LEVEL_FORMAT: 'name' })
  await call(app, 'GET', '/films/v1/1')
  const levels = new Set(lines().map(({ level }) => level as unknown))
  t.ok(levels.has('debug'))
  for (const level of levels) t.match(level, /^(trace|debug|info|warn)$/)
})
