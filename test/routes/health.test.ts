import t from 'tap'
import { build, call, environment, REAL } from '../support/app.ts'
import { expectError } from '../support/error-response.ts'
import { proxyTo } from '../support/proxy.ts'

const live = '/health/live'
const ready = '/health/ready'
const healthy = {
  database: 'up',
  redis: REAL && process.env.TEST_REDIS_URL ? 'up' : 'absent',
  clock: 'up',
  mail: 'absent',
  revocations: 'up',
}

t.test('a healthy process is live and ready, and the probes are public', async t => {
  const app = await build(t)
  const alive = await call(app, 'GET', live)
  t.equal(alive.statusCode, 200)
  t.same(alive.json(), { status: 'ok' })
  const fit = await call(app, 'GET', ready)
  t.equal(fit.statusCode, 200)
  t.same(fit.json(), { status: 'ok', checks: healthy })
  for (const url of [live, ready]) t.equal((await call(app, 'HEAD', url)).statusCode, 200)
})

t.test('without its database a process is live, but not ready', async t => {
  const app = await build(t)
  await app.db.destroy()
  expectError(t, await call(app, 'GET', ready), 503, 'service-unavailable', { ...healthy, database: 'down' })
  t.equal((await call(app, 'GET', live)).statusCode, 200)
})

t.test('a database that hangs makes the process not ready, within a second or so', { skip: !REAL }, async t => {
  const env = await environment(t)
  const database = new URL(env.DATABASE_URL ?? '')
  let hanging = false
  const forever = new Promise(() => {})
  const proxy = await proxyTo(t, Number(database.port || 3306), () => (hanging ? forever : undefined))
  database.port = String(proxy.port)
  const app = await build(t, { ...env, DATABASE_URL: database.href })
  t.equal((await call(app, 'GET', ready)).statusCode, 200)
  hanging = true
  const startedAt = performance.now()
  expectError(t, await call(app, 'GET', ready), 503, 'service-unavailable', { ...healthy, database: 'down' })
  t.ok(performance.now() - startedAt < 2000)
  proxy.cut()
})

t.test('without Redis the process is ready, but degraded', async t => {
  const app = await build(t, { REDIS_URL: 'redis://127.0.0.1:1' })
  const answer = await call(app, 'GET', ready)
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { status: 'degraded', checks: { ...healthy, redis: 'down' } })
})

t.test('with revocations older than the staleness limit the process is not ready', async t => {
  const app = await build(t)
  app.revocations.staleness = () => 30_000
  expectError(t, await call(app, 'GET', ready), 503, 'service-unavailable', { ...healthy, revocations: 'down' })
  app.revocations.staleness = () => 29_999
  t.equal((await call(app, 'GET', ready)).statusCode, 200)
})

t.test('a draining process is not ready, but still serves', async t => {
  const app = await build(t)
  app.health.drain()
  expectError(t, await call(app, 'GET', ready), 503, 'service-unavailable', healthy)
  t.equal((await call(app, 'GET', live)).statusCode, 200)
  t.equal((await call(app, 'GET', '/films/v1/4')).statusCode, 200)
})

t.test('probes are exempt from rate limits: a balancer shares its IP address with all clients behind it', async t => {
  const app = await build(t, { RATE_LIMIT_MAX: '3' })
  for (const url of [live, ready, '/metrics'])
    for (let i = 0; i < 5; i++) t.equal((await call(app, 'GET', url)).statusCode, 200)
  t.equal((await call(app, 'GET', '/films/v1/4')).statusCode, 200)
})
