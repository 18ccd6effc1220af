/** Error tracking, against a server that receives by Sentry's protocol. */
import t, { type Test } from 'tap'
import { ConfigError, readConfig } from '../../../plugins/config/index.ts'
import { build, call, codeOf, listen, logIn, NO_CLIENT, newEmail, PASSWORD } from '../../support/app.ts'
import { type Collector, collector } from '../../support/collector.ts'
import { until } from '../../support/until.ts'

interface Event {
  level: string
  release: string
  environment: string
  transaction?: string
  tags: Record<string, string>
  exception: {
    values: { type: string; value: string; stacktrace: { frames: { filename: string; in_app: boolean }[] } }[]
  }
}

const dsnOf = ({ port }: Collector) => `http://public-key@127.0.0.1:${port}/42`

/** @returns the events that the tracker was sent, decoded as the protocol says */
function eventsOf({ received }: Collector): Event[] {
  return received.map(({ body }) => {
    const [head = '', item = '', payload = ''] = body.split('\n')
    if (JSON.parse(item).length !== Buffer.byteLength(payload)) throw new Error('the length is wrong')
    if (JSON.parse(head).event_id !== JSON.parse(payload).event_id) throw new Error('two ids')
    return JSON.parse(payload)
  })
}

async function tracked(t: Test, env: Record<string, string> = {}) {
  const tracker = await collector(t)
  const lines: string[] = []
  const app = await build(
    t,
    { LOG_LEVEL: 'error', ERROR_TRACKING_DSN: dsnOf(tracker), ERROR_TRACKING_ENVIRONMENT: 'staging', ...env },
    { write: line => lines.push(line) },
  )
  const outcome = async (name: string) => {
    const { body } = await call(app, 'GET', '/metrics')
    return Number(new RegExp(`^holocron_error_reports_total{outcome="${name}"} (\\d+)$`, 'm').exec(body)?.[1])
  }
  /** From now on, logins fail by a bug. */
  const breakLogins = (error: unknown) => {
    app.passwords.verify = () => Promise.reject(error)
  }
  const failedLogin = () => call(app, 'POST', '/users/v1/login', { payload: { email: newEmail(), password: PASSWORD } })
  return { app, tracker, lines, outcome, breakLogins, failedLogin }
}

t.test('a bug in a handler is reported with its place, its request and its cause', async t => {
  const { tracker, breakLogins, failedLogin } = await tracked(t)
  breakLogins(new TypeError('the queue is no queue', { cause: new RangeError('out of slots') }))
  const response = await failedLogin()
  t.equal(codeOf(response), 'internal-error')
  await until(() => tracker.received.length > 0)

  t.match(tracker.received, [
    { url: '/api/42/envelope/', headers: { 'x-sentry-auth': /sentry_version=7.*sentry_key=public-key/ } },
  ])
  const [event] = eventsOf(tracker)
  t.match(event, {
    level: 'error',
    environment: 'staging',
    release: /^holocron@\d/,
    transaction: 'POST /users/v1/login',
    tags: { request_id: response.headers['x-request-id'], method: 'POST', route: '/users/v1/login' },
  })
  const [cause, error] = event?.exception.values ?? []
  t.match(cause, { type: 'RangeError', value: 'out of slots' })
  t.match(error, { type: 'TypeError', value: 'the queue is no queue' })
  const files = error?.stacktrace.frames.map(({ filename }) => filename) ?? []
  t.ok(
    files.some(file => file === 'test/plugins/operations/error-tracking.test.ts'),
    'a place in the code',
  )
  t.notOk(
    files.some(file => file.includes(import.meta.dirname)),
    'not where that is installed',
  )
})

t.test('what a worker cannot do is reported: a mail, a clean-up, a queue that cannot be read', async t => {
  const { app, tracker } = await tracked(t)
  const email = newEmail()
  const render = app.templates.render
  app.templates.render = () => Promise.reject(new Error(`no name for ${email}`))
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  await app.mailer.idle()
  app.templates.render = render
  app.cleanUp.add({ name: 'broken', run: () => Promise.reject(new Error('broken job')) })
  await app.cleanUp.run()
  await app.db.schema.dropTable('outbox').execute()
  app.mailer.wake()
  await app.mailer.idle()
  await until(() => tracker.received.length === 3)
  t.match(
    eventsOf(tracker).map(({ tags, exception }) => [tags.log, exception.values.at(-1)?.value]),
    [
      ['mail failed', 'no name for [e-mail]'],
      ['clean-up job failed', 'broken job'],
      ['outbox unavailable, retrying', /outbox|\[…\]/],
    ],
  )
})

t.test('what is expected is no bug: bad input, a database that is away, a full queue', async t => {
  const { app, tracker, breakLogins, failedLogin } = await tracked(t)
  t.equal((await call(app, 'POST', '/users/v1/login', { payload: {} })).statusCode, 400)
  t.equal((await call(app, 'GET', '/users/v1/me')).statusCode, 401)
  t.equal((await call(app, 'GET', '/nowhere')).statusCode, 404)
  breakLogins(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
  t.equal((await failedLogin()).statusCode, 503)
  app.cleanUp.add({ name: 'away', run: () => Promise.reject(Object.assign(new Error(), { code: 'ETIMEDOUT' })) })
  await app.cleanUp.run()
  breakLogins(new Error('a bug'))
  t.equal((await failedLogin()).statusCode, 500)
  await app.close()
  t.match(
    eventsOf(tracker).map(({ exception }) => exception.values[0]?.value),
    ['a bug'],
  )
})

t.test('threat: a report carries what somebody typed, a token, an address, a value of a statement', async t => {
  const { app, tracker, breakLogins } = await tracked(t)
  const { token, refresh_token, email } = await logIn(app)
  const canaries = [
    email,
    refresh_token.slice(-50),
    'Canary1977',
    token,
    refresh_token,
    'canary-query',
    'canary-agent',
    '203.0.113.9',
    'canary@',
  ]
  const headers = { cookie: 'holocron=Canary1977', 'user-agent': 'canary-agent', 'x-forwarded-for': '203.0.113.9' }
  const messages = [
    `Duplicate entry '${email}' for key 'users.email'`,
    `Unexpected token C, "Canary1977"... is not valid JSON`,
    `fetch failed: https://provider.example/token?code=canary-query`,
    `jwt ${token} and ${refresh_token} of ${email} from 203.0.113.9`,
    `'Canary1977 without an end`,
    `Incorrect value: 'O'Canary1977 "x' for column 'name'`,
  ]
  const errors = [
    ...messages.map(message => new Error(message)),
    new SyntaxError('{"password":Canary1977} is not JSON'),
  ]
  for (const [i, error] of errors.entries()) {
    const details = { name: `Bug${i}`, sql: `select '${email}'`, parameters: ['Canary1977'] }
    breakLogins(Object.assign(error, details))
    const payload = { email, password: 'Canary1977' }
    await call(app, 'POST', `/users/v1/login?canary-query=${i}`, { payload, token, headers })
  }
  for (const table of ['linked_logins', 'totp_secrets', 'recovery_codes', 'mfa_challenges'] as const)
    await app.db.schema.dropTable(table).execute()
  await call(app, 'GET', '/users/v1/mfa/totp', { token, headers })
  await call(app, 'POST', '/users/v1/mfa/totp', { token, headers, payload: { password: PASSWORD } })
  await call(app, 'POST', '/users/v1/login/mfa', { headers, payload: { mfa_token: token, otp: '123456' } })
  const { client } = await app.oauthClients.create(
    { client_name: 'News', redirect_uris: ['https://news.example/'], token_endpoint_auth_method: 'none' },
    { client: NO_CLIENT },
  )
  await app.db.schema.dropTable('oauth_records').execute()
  const payload = `grant_type=authorization_code&code=Canary1977&redirect_uri=https://news.example/&client_id=${client.client_id}&code_verifier=${refresh_token.slice(-50)}`
  const form = { 'user-agent': 'canary-agent', 'content-type': 'application/x-www-form-urlencoded' }
  const oauth = await call(app, 'POST', '/oauth2/token', { headers: form, payload })
  t.equal(oauth.statusCode, 500, oauth.body)
  await app.close()
  t.ok(tracker.received.length > messages.length + 1)
  for (const canary of canaries) t.notOk(tracker.everything().includes(canary), canary)
})

t.test('threat: a storm of errors becomes a storm of requests', async t => {
  const { tracker, breakLogins, failedLogin, outcome } = await tracked(t)
  const error = new Error('again and again')
  breakLogins(error)
  await Promise.all(Array.from({ length: 40 }, failedLogin))
  await until(async () => (await outcome('sent')) === 5)
  t.equal(tracker.received.length, 5)
  t.equal(await outcome('dropped'), 35)
  breakLogins(new Error('another one'))
  await failedLogin()
  await until(() => tracker.received.length === 6)
  t.equal(eventsOf(tracker).at(-1)?.exception.values[0]?.value, 'another one', 'none hides the others')
})

t.test('a tracker that does not respond slows nothing down, and the shutdown by a second at most', async t => {
  const { app, tracker, breakLogins, failedLogin } = await tracked(t)
  tracker.answer = 'never'
  breakLogins(new Error('lost'))
  for (let i = 0; i < 3; i++) t.equal((await failedLogin()).statusCode, 500)
  await until(() => tracker.received.length === 1)
  const start = performance.now()
  await app.close()
  t.ok(performance.now() - start < 3000)
})

t.test('a tracker that is away costs its reports, and the log says so once', async t => {
  const { tracker, lines, breakLogins, failedLogin, outcome } = await tracked(t, { LOG_LEVEL: 'warn' })
  tracker.close()
  for (const message of ['one', 'two']) {
    breakLogins(new Error(message))
    await failedLogin()
  }
  await until(async () => (await outcome('failed')) === 2)
  t.equal(lines.filter(line => line.includes('error tracker does not accept reports')).length, 1)
})

t.test('a tracker that asks for a pause gets it', async t => {
  const { tracker, breakLogins, failedLogin, outcome } = await tracked(t)
  tracker.answer = 429
  tracker.headers = { 'retry-after': '60' }
  breakLogins(new Error('one'))
  await failedLogin()
  await until(async () => (await outcome('failed')) === 1)
  breakLogins(new Error('two'))
  await failedLogin()
  t.equal(await outcome('dropped'), 1)
  t.equal(tracker.received.length, 1)
})

t.test('the last errors before a shutdown are reported', async t => {
  const { app, tracker, breakLogins } = await tracked(t)
  const url = await listen(app)
  breakLogins(new Error('the last one'))
  const body = JSON.stringify({ email: newEmail(), password: PASSWORD })
  await fetch(`${url}/users/v1/login`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  app.log.fatal({ err: new Error('uncaught') }, 'stopping after an error')
  await app.close()
  t.match(
    eventsOf(tracker).map(({ level, exception }) => [level, exception.values[0]?.value]),
    [
      ['error', 'the last one'],
      ['fatal', 'uncaught'],
    ],
  )
})

t.test('what cannot work prevents the start', async t => {
  for (const [env, problem] of [
    [{ ERROR_TRACKING_DSN: 'tracker' }, 'not a valid URL'],
    [{ ERROR_TRACKING_DSN: 'https://tracker.example/1' }, 'lacks the key'],
    [{ ERROR_TRACKING_DSN: 'https://key@tracker.example/' }, 'lacks the number of the project'],
    [{ ERROR_TRACKING_DSN: 'https://key@tracker.example/1', LOG_LEVEL: 'silent' }, 'must be error or lower'],
  ] as const)
    t.throws(() => readConfig(env), new RegExp(problem), problem)
  t.throws(() => readConfig({ ERROR_TRACKING_DSN: 'tracker' }), ConfigError)
})
