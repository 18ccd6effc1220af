// RATE_LIMIT_MAX: requests a minute a caller, which is the user where there is a token, and else the address.
import { mock } from 'node:test'
import t from 'tap'
import { build, call, environment, type LoggedIn, logIn, type Test, verifiedUser } from '../../../support/app.ts'

const LIMIT = 3

/** Users get their tokens from an instance without limits; the other one has a limit of three. */
async function service(t: Test) {
  const env = await environment(t)
  const open = await build(t, env)
  const app = await build(t, { ...env, RATE_LIMIT_MAX: String(LIMIT) })
  const films = (token: string, remoteAddress = '192.0.2.1') =>
    call(app, 'GET', '/films/v1/', { token, remoteAddress }).then(({ statusCode }) => statusCode)
  const welcome = (remoteAddress = '192.0.2.1') =>
    call(app, 'GET', '/', { remoteAddress }).then(({ statusCode }) => statusCode)
  return { open, app, films, welcome }
}

/** What so many requests, one after the other, are answered. */
async function repeat(times: number, request: () => Promise<number>): Promise<number[]> {
  const statuses = []
  for (let i = 0; i < times; i++) statuses.push(await request())
  return statuses
}

const THEN_STOPPED = [200, 200, 200, 429, 429]

t.test('beyond the limit the answer is 429, says when to come back, and which limit it was', async t => {
  const { app } = await service(t)
  for (let i = 0; i < LIMIT; i++) t.equal((await call(app, 'GET', '/')).statusCode, 200)
  const response = await call(app, 'GET', '/')
  t.equal(response.statusCode, 429)
  t.same(response.json(), {
    status: 'error',
    statusCode: 429,
    error: 'Too Many Requests',
    message: 'too-many-requests',
    details: { limit: 'RATE_LIMIT_MAX', max: LIMIT },
  })
  t.match(response.headers['retry-after'], /^\d+$/)
  const seconds = Number(response.headers['retry-after'])
  t.ok(seconds >= 1 && seconds <= 60, `${seconds} s`)
  t.equal(response.headers['cache-control'], 'no-store')
})

t.test('each user has a budget of his own, wherever he calls from', async t => {
  const { open, films } = await service(t)
  const user = await verifiedUser(open)
  const [laptop, phone, neighbour] = [await logIn(open, user), await logIn(open, user), await logIn(open)]
  t.equal(await films(laptop.token), 200)
  t.equal(await films(laptop.token, '198.51.100.7'), 200)
  t.equal(await films(phone.token, '2001:db8::7'), 200)
  t.equal(await films(phone.token), 429, 'two sessions and three addresses, but one user')
  t.same(await repeat(5, () => films(neighbour.token)), THEN_STOPPED, 'who shares his address has not used up anything')
})

t.test('a rotation does not reset the budget', async t => {
  const { open, films } = await service(t)
  let session = await logIn(open)
  const statuses = await repeat(5, async () => {
    const status = await films(session.token)
    const rotation = await call(open, 'POST', '/users/v1/generate_tokens', { token: session.refresh_token })
    session = rotation.json<LoggedIn>()
    return status
  })
  // The other instance knows of the rotations by itself only; what is asked here is its count.
  t.same(statuses, THEN_STOPPED)
})

t.test('requests without a valid token use up the budget of their IP', async t => {
  const { app, open, films, welcome } = await service(t)
  const { token } = await logIn(open)
  t.equal(await welcome(), 200)
  t.equal((await call(app, 'GET', '/films/v1/', { remoteAddress: '192.0.2.1' })).statusCode, 401)
  t.equal(await films('x.y.z'), 401)
  t.equal(await films('x.y.z'), 429, 'guessing is stopped')
  t.equal(await welcome(), 429)
  t.equal(await welcome('192.0.2.2'), 200, 'another address goes on')
  t.equal(await films(token), 200, 'and so does a user at the same address')
})

t.test('every route counts: refreshing, logging in, and paths that do not exist', async t => {
  const { app } = await service(t)
  const requests = [
    ['POST', '/users/v1/generate_tokens'],
    ['POST', '/users/v1/login'],
    ['POST', '/users/v1/email_verification'],
    ['GET', '/users/v1/email_verification'],
    ['GET', '/no/such/path'],
    ['DELETE', '/films/v1/'],
    ['HEAD', '/'],
    ['GET', '/films/v1/1'],
    ['GET', '/ui/'],
    ['GET', '/openapi.json'],
    ['GET', '/dev/mailbox'],
  ] as const
  for (const [i, [method, url]] of requests.entries()) {
    const remoteAddress = `203.0.113.${i}`
    const statuses = await repeat(LIMIT + 1, async () => (await call(app, method, url, { remoteAddress })).statusCode)
    t.notOk(statuses.slice(0, LIMIT).includes(429), `${method} ${url}: ${statuses}`)
    t.equal(statuses.at(-1), 429, `${method} ${url}`)
  }
})

t.test('a URL that cannot be decoded counts too', async t => {
  const { app } = await service(t)
  const statuses = await repeat(5, () => call(app, 'GET', '/%').then(({ statusCode }) => statusCode))
  t.same(statuses, [400, 400, 400, 429, 429])
  t.ok(Number((await call(app, 'GET', '/%')).headers['retry-after']) > 0)
})

t.test("probes are never limited: a load balancer's share its IP with everybody behind it", async t => {
  const { app, welcome } = await service(t)
  t.same(await repeat(5, () => welcome()), THEN_STOPPED)
  for (const url of ['/health/live', '/health/ready', '/metrics']) {
    const probe = async () => (await call(app, 'GET', url, { remoteAddress: '192.0.2.1' })).statusCode
    t.same(await repeat(5, probe), [200, 200, 200, 200, 200], url)
  }
  const probes = async () => (await call(app, 'GET', '/health/live', { remoteAddress: '192.0.2.9' })).statusCode
  await repeat(5, probes)
  t.equal(await welcome('192.0.2.9'), 200, 'and they use up nothing')
})

t.test('after a minute the count begins anew', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { welcome } = await service(t)
  t.same(await repeat(5, () => welcome()), THEN_STOPPED)
  mock.timers.tick(59_999)
  t.equal(await welcome(), 429)
  mock.timers.tick(1)
  t.same(await repeat(5, () => welcome()), THEN_STOPPED)
})
