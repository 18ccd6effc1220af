// AUTH_RATE_LIMIT_MAX: how often an address may try passwords and have mails sent, on all instances together.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  build,
  call,
  type Environment,
  environment,
  logIn,
  newEmail,
  PASSWORD,
  type Test,
  verifiedUser,
} from '../../../support/app.ts'
import { until } from '../../../support/until.ts'

const LIMIT = 3
const GUARDED = ['/users/v1/login', '/users/v1/signup', '/users/v1/resend_verification_email']

/** Why a test of Redis is skipped, if it is. */
const WITHOUT_REDIS = process.env.TEST_REDIS_URL ? false : 'runs on the real profile: needs Redis'

async function limited(t: Test, env: Environment = {}, limit = LIMIT): Promise<FastifyInstance> {
  return build(t, { ...(await environment(t)), ...env, AUTH_RATE_LIMIT_MAX: String(limit) })
}

/** Tries a password, and answers the status. */
async function attempt(app: FastifyInstance, remoteAddress = '192.0.2.1', payload: object = wrong()): Promise<number> {
  return (await call(app, 'POST', '/users/v1/login', { remoteAddress, payload })).statusCode
}

const wrong = () => ({ email: newEmail(), password: PASSWORD })

async function attempts(times: number, app: FastifyInstance, remoteAddress?: string): Promise<number[]> {
  const statuses = []
  for (let i = 0; i < times; i++) statuses.push(await attempt(app, remoteAddress))
  return statuses
}

for (const url of GUARDED) {
  t.test(`${url} beyond the limit: 429, which says when to come back, and which limit it was`, async t => {
    const app = await limited(t)
    const ask = () => call(app, 'POST', url, { payload: { email: newEmail(), password: PASSWORD } })
    for (let i = 0; i < LIMIT; i++) t.not((await ask()).statusCode, 429)
    const response = await ask()
    t.equal(response.statusCode, 429)
    t.match(response.json(), { message: 'too-many-requests', details: { limit: 'AUTH_RATE_LIMIT_MAX', max: LIMIT } })
    const seconds = Number(response.headers['retry-after'])
    t.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `${seconds} s`)
  })
}

t.test('the routes share one budget', async t => {
  const app = await limited(t)
  const payload = { email: newEmail(), password: PASSWORD }
  for (const url of GUARDED) t.not((await call(app, 'POST', url, { payload })).statusCode, 429)
  for (const url of GUARDED) t.equal((await call(app, 'POST', url, { payload })).statusCode, 429, url)
})

t.test('an invalid request counts as an attempt', async t => {
  const app = await limited(t)
  for (let i = 0; i < LIMIT; i++) t.equal(await attempt(app, undefined, { email: 1 }), 400)
  t.equal(await attempt(app), 429)
})

t.test('a hundred parallel guesses never exceed the budget', async t => {
  const app = await limited(t, {}, 30)
  const user = { ...(await verifiedUser(app)), password: 'Wrong1234' }
  const statuses = await Promise.all(Array.from({ length: 100 }, () => attempt(app, '192.0.2.1', user)))
  t.equal(statuses.filter(status => status === 404).length, 30)
  t.equal(statuses.filter(status => status === 429).length, 70)
})

t.test(
  "one address that tries many accounts is stopped; the right password does not help it, and the victims' sessions go on",
  async t => {
    const env = await environment(t)
    const open = await build(t, env)
    const user = await verifiedUser(open)
    const session = await logIn(open, user)
    const app = await limited(t, env)
    t.same(await attempts(5, app), [404, 404, 404, 429, 429])
    t.equal(await attempt(app, '192.0.2.1', user), 429, 'who guesses right too late is not told')
    t.equal(await attempt(app, '192.0.2.2', user), 200, 'the user himself is elsewhere, and logs in')
    t.equal(
      (await call(app, 'GET', '/films/v1/', { token: session.token, remoteAddress: '192.0.2.1' })).statusCode,
      200,
    )
    const rotation = { token: session.refresh_token, remoteAddress: '192.0.2.1' }
    t.equal((await call(app, 'POST', '/users/v1/generate_tokens', rotation)).statusCode, 200)
  },
)

t.test('two instances count together, for a minute', { skip: WITHOUT_REDIS }, async t => {
  const env = await environment(t)
  const [one, other] = [await limited(t, env), await limited(t, env)]
  t.same([await attempt(one), await attempt(other), await attempt(one)], [404, 404, 404])
  t.same([await attempt(one), await attempt(other)], [429, 429])
  t.equal(await attempt(other, '192.0.2.2'), 404)
  const keys = (await one.redis.holocron?.keys(`${env.REDIS_PREFIX}limit:*192.0.2.1*`)) ?? []
  t.equal(keys.length, 1)
  const left = (await one.redis.holocron?.pttl(keys[0] ?? '')) ?? 0
  t.ok(left > 0 && left <= 60_000, `${left} ms`)
})

t.test('instances with another Redis prefix are another service', { skip: WITHOUT_REDIS }, async t => {
  const env = await environment(t)
  const [one, other] = [await limited(t, env), await limited(t, { ...env, REDIS_PREFIX: `${env.REDIS_PREFIX}other:` })]
  t.same(await attempts(4, one), [404, 404, 404, 429])
  t.equal(await attempt(other), 404)
})

t.test('while Redis is down, each process counts by itself: guessing is never unlimited', async t => {
  const app = await limited(t, { REDIS_URL: 'redis://127.0.0.1:1' })
  t.same(await attempts(5, app), [404, 404, 404, 429, 429])
})

t.test(
  'while Redis is away at times, its count and ours are not added up, and the higher one holds',
  { skip: WITHOUT_REDIS },
  async t => {
    const env = await environment(t)
    const app = await limited(t, env)
    t.same(await attempts(2, app), [404, 404])
    const { holocron: redis } = app.redis
    redis?.disconnect()
    t.same(await attempts(2, app), [404, 429])
    await until(() => redis?.status === 'end')
    await redis?.connect()
    t.equal(await attempt(app), 429)
  },
)

t.test("threat: another site's page uses up what a visitor may still try", async t => {
  const LINK = '/users/v1/email_verification?token=x'
  const listed = 'https://app.example'
  const app = await limited(t, { CORS_ORIGINS: listed })
  const send = (method: 'GET' | 'POST', url: string, headers: Environment) =>
    call(app, method, url, { headers: { 'sec-fetch-site': 'cross-site', ...headers } })
  const foreign = [
    await send('GET', LINK, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }),
    await send('GET', LINK, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }),
    await send('GET', LINK, { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', origin: 'https://evil.example' }),
    await send('POST', '/signin', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', origin: 'null' }),
    await send('POST', '/users/v1/login', { 'content-type': 'text/plain', origin: 'https://evil.example' }),
  ]
  t.same(
    foreign.map(({ statusCode }) => statusCode),
    Array(foreign.length).fill(403),
  )
  const own = [
    await send('GET', LINK, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }),
    await send('GET', LINK, { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', origin: listed }),
    await call(app, 'POST', '/users/v1/login', { payload: wrong() }),
  ]
  t.same(
    own.map(({ statusCode }) => statusCode),
    [401, 401, 404],
    'a mailed link, an application that is listed, and the visitor',
  )
  t.equal((await call(app, 'POST', '/users/v1/login', { payload: wrong() })).statusCode, 429, 'which count')
})
