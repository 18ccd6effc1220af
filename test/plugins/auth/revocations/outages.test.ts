import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, call, environment, logIn, REAL } from '../../../support/app.ts'
import { proxyTo } from '../../../support/proxy.ts'
import { startMysql, startRedis } from '../../../support/servers/index.ts'
import {
  dead,
  isRevoked,
  logOut,
  nextTokens,
  outcome,
  type Pair,
  readFilms,
  sessionId,
} from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

// Servers of the test's own, to be stopped and frozen. One of each for the whole file: MySQL takes seconds to install.
const skip = REAL ? false : 'MySQL and Redis are of the real profile'
const mysql = REAL ? await startMysql(t) : null
const redis = REAL ? await startRedis(t) : null

const QUICK = { REVOCATION_SYNC_SECONDS: '1', REVOCATION_MAX_STALENESS_SECONDS: '2' }
let databases = 0

async function instances(t: Test, overrides: Record<string, string> = {}) {
  const name = `holocron_test_outage_${++databases}`
  const connection = await createConnection(mysql?.url ?? '')
  await connection.query(`CREATE DATABASE ${name}`)
  await connection.end()
  const env = await environment(t, {
    DATABASE_URL: `${mysql?.url}${name}`,
    REDIS_URL: redis?.url ?? '',
    REDIS_PREFIX: `${name}:`,
    ...QUICK,
    ...overrides,
  })
  t.teardown(() => Promise.all([mysql?.resume(), redis?.resume()]))
  return { env, here: await build(t, env), there: await build(t, env) }
}

const status = async (app: FastifyInstance, url: string) => (await call(app, 'GET', url)).statusCode
const films = async (app: FastifyInstance, { token }: Pair) => outcome(await readFilms(app, token))

t.test('the real profile with servers that fail', { skip }, async t => {
  if (!mysql || !redis) return

  await t.test('Redis stopped: logouts and rotations go on, and are heard of within the sync interval', async t => {
    const { here, there } = await instances(t)
    const [out, rotated] = [await logIn(here), await logIn(here)]
    await redis.stop()
    t.equal(outcome(await logOut(here, out.token)), '200')
    const successor = await nextTokens(here, rotated.refresh_token)
    t.equal(await films(here, out), '401 token-invalid')
    const took = await until(async () => (await films(there, out)) !== '200')
    t.comment(`with Redis stopped: heard of after ${took} ms`)
    t.ok(took < 2500)
    t.equal(await films(there, rotated), '401 token-invalid')
    t.equal(await films(there, successor), '200')
    t.equal((await call(here, 'GET', '/health/ready')).json().status, 'degraded')

    await redis.restart()
    await until(async () => (await call(here, 'GET', '/health/ready')).json().status === 'ok')
    t.ok(await dead(there, out), 'nothing comes back to life')
  })

  await t.test('Redis frozen: each step takes 200 ms at most, and nothing fails', async t => {
    const { here, there } = await instances(t)
    const tokens = await logIn(here)
    redis.pause()
    const startedAt = performance.now()
    const next = await nextTokens(here, tokens.refresh_token)
    t.equal(outcome(await logOut(here, next.token)), '200')
    t.ok(performance.now() - startedAt < 1000)
    await until(async () => (await films(there, next)) !== '200', 2500)
    redis.resume()
    await until(async () => (await call(here, 'GET', '/health/ready')).json().status === 'ok')
    t.ok(await dead(there, next))
  })

  await t.test('Redis flushed and restarted: nothing revoked comes back to life', async t => {
    const { env, here, there } = await instances(t)
    const tokens = await logIn(here)
    await logOut(here, tokens.token)
    await until(() => isRevoked(there, sessionId(tokens.token), 1))
    await here.redis.holocron?.flushall()
    t.equal(await films(there, tokens), '401 token-invalid')
    await redis.restart()
    for (const app of [here, there]) t.ok(await dead(app, tokens))
    t.ok(await dead(await build(t, env), tokens), 'nor in a process that starts now')
  })

  await t.test(
    'MySQL stopped: protected reads go on while Redis is heard, and logouts are not acknowledged',
    async t => {
      const { here, there } = await instances(t)
      const tokens = await logIn(here)
      await mysql.stop()
      t.equal(outcome(await logOut(here, tokens.token)), '503 service-unavailable')
      await until(async () => (await status(here, '/health/ready')) === 503)
      // Longer than the staleness limit, counted by the news that come in.
      const stoppedAt = performance.now()
      await until(() => performance.now() - stoppedAt > 3000)
      for (const app of [here, there]) {
        t.equal(await films(app, tokens), '200')
        t.ok(app.revocations.staleness() < 2000)
      }
      await mysql.restart()
      await until(async () => outcome(await logOut(here, tokens.token)) === '200')
      await until(async () => (await films(there, tokens)) === '401 token-invalid', 1000)
      t.ok(await dead(there, tokens))
    },
  )

  await t.test(
    'both stopped: protected routes answer 503 after the limit, public ones go on; both back: it recovers',
    async t => {
      const { here } = await instances(t)
      const tokens = await logIn(here)
      const gone = await logIn(here)
      await logOut(here, gone.token)
      await Promise.all([mysql.stop(), redis.stop()])
      const took = await until(async () => (await films(here, tokens)) !== '200')
      t.comment(`with both stopped: 503 after ${took} ms`)
      const answer = await readFilms(here, tokens.token)
      t.equal(outcome(answer), '503 service-unavailable')
      t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
      t.equal(await films(here, gone), '503 service-unavailable', 'the dead are not let through either')
      t.equal(await status(here, '/health/live'), 200)
      t.equal(await status(here, '/health/ready'), 503)
      t.equal(await status(here, '/.well-known/jwks.json'), 200)
      t.match((await call(here, 'GET', '/metrics')).body, /holocron_revocation_staleness_seconds [2-9]/)

      await Promise.all([mysql.restart(), redis.restart()])
      const back = await until(async () => (await films(here, tokens)) === '200')
      t.comment(`both back: served again after ${back} ms`)
      t.equal(await films(here, gone), '401 token-invalid')
      t.equal(await status(here, '/health/ready'), 200)
    },
  )

  await t.test('both frozen: the same, and no request hangs', async t => {
    const { here } = await instances(t)
    const tokens = await logIn(here)
    mysql.pause()
    redis.pause()
    await until(async () => (await films(here, tokens)) === '503 service-unavailable')
    const startedAt = performance.now()
    t.equal(
      outcome(await call(here, 'POST', '/users/v1/generate_tokens', { token: tokens.refresh_token })),
      '503 service-unavailable',
    )
    t.ok(performance.now() - startedAt < 5000)
    mysql.resume()
    redis.resume()
    await until(async () => (await films(here, tokens)) === '200')
    t.equal(outcome(await call(here, 'POST', '/users/v1/generate_tokens', { token: tokens.refresh_token })), '200')
  })

  await t.test(
    'cut off from MySQL alone while Redis blinks: what was announced meanwhile may be missed, so it is 503',
    async t => {
      const { env, there } = await instances(t)
      const database = new URL(env.DATABASE_URL ?? '')
      const proxy = await proxyTo(t, mysql.port)
      database.port = String(proxy.port)
      const cutOff = await build(t, { ...env, DATABASE_URL: database.href })
      const tokens = await logIn(there)
      t.equal(await films(cutOff, tokens), '200')
      proxy.cut()
      await redis.stop()
      t.equal(outcome(await logOut(there, tokens.token)), '200')
      await redis.restart()
      await until(async () => (await cutOff.redis.holocron?.ping().catch(() => '')) === 'PONG')
      const took = await until(async () => (await films(cutOff, tokens)) !== '200')
      t.comment(`refused after ${took} ms`)
      t.equal(await films(cutOff, tokens), '503 service-unavailable')
    },
  )
})

t.test('what the database answers late is as old as the question', async t => {
  const LATE_MS = 300
  const app = await build(t, { REVOCATION_SYNC_SECONDS: '60', REVOCATION_MAX_STALENESS_SECONDS: '120' })
  t.intercept(app, 'db', {
    value: app.db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        await pause(LATE_MS)
        return result
      },
    }),
  })
  await app.revocations.sync()
  t.ok(app.revocations.staleness() >= LATE_MS, `${app.revocations.staleness()} ms`)
})
