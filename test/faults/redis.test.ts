import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { build, call, type Environment, environment, logIn, REAL, verifiedUser } from '../support/app.ts'
import { films, login, type Person, RECOVERED } from '../support/faults.ts'
import { startRedis } from '../support/servers/index.ts'
import { logOut, nextTokens, outcome, rotate } from '../support/session.ts'
import { until } from '../support/until.ts'

// A server of the file's own, to be stopped, frozen and filled. More of what becomes of revocations: ../plugins/revocations/outages.test.ts.
const redis = REAL ? await startRedis(t) : null
const skip = redis ? false : 'Redis is of the real profile'

/** Each way in which Redis fails, and how it is mended. */
const FAULTS = {
  stopped: { begin: () => redis?.stop(), end: () => redis?.restart() },
  frozen: { begin: () => redis?.pause(), end: () => redis?.resume() },
  full: { begin: fill, end: () => command('CONFIG', 'SET', 'maxmemory', '0') },
  flushed: { begin: () => command('FLUSHALL'), end: () => undefined },
}

/** Not a byte more is taken, and nothing is thrown out to make room. */
async function fill(): Promise<void> {
  await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  await command('CONFIG', 'SET', 'maxmemory', '1mb')
  let n = 0
  await until(() =>
    command('SET', `filler-${n++}`, 'x'.repeat(10_000)).then(
      () => false,
      () => true,
    ),
  )
}

async function command(name: string, ...words: string[]): Promise<unknown> {
  const client = new Redis(redis?.url ?? '')
  return client.call(name, ...words).finally(() => client.disconnect())
}

let prefixes = 0
const environmentOf = (t: Test, overrides: Environment = {}) =>
  environment(t, { REDIS_URL: redis?.url ?? '', REDIS_PREFIX: `faults-${++prefixes}:`, ...overrides })

const health = async (app: FastifyInstance) => (await call(app, 'GET', '/health/ready')).json().status

async function logins(app: FastifyInstance, person: Person, times: number): Promise<string[]> {
  const outcomes: string[] = []
  for (let i = 0; i < times; i++) outcomes.push(await login(app, person))
  return outcomes
}

for (const [name, fault] of Object.entries(FAULTS)) {
  t.test(`Redis ${name}: sessions go on as before, and no step waits longer than 200 ms for it`, { skip }, async t => {
    const app = await build(t, await environmentOf(t))
    const person = await verifiedUser(app)
    const tokens = await logIn(app, person)
    t.teardown(fault.end)
    await fault.begin()

    const startedAt = performance.now()
    t.equal(await login(app, person), '200')
    const next = await nextTokens(app, tokens.refresh_token)
    t.equal(await films(app, tokens), '401 token-invalid')
    t.equal(await films(app, next), '200')
    t.equal(outcome(await logOut(app, next.token)), '200')
    t.equal(await films(app, next), '401 token-invalid')
    t.equal(outcome(await rotate(app, next.refresh_token)), '401 token-invalid')
    const took = Math.round(performance.now() - startedAt)
    t.ok(took < 1500, `${took} ms for three steps that use it`)

    await fault.end()
    await until(async () => (await health(app)) === 'ok', RECOVERED)
    t.equal(await films(app, next), '401 token-invalid', 'nothing comes back to life')
  })

  t.test(`Redis ${name}: guesses are still counted, by this process alone`, { skip }, async t => {
    const app = await build(t, await environmentOf(t, { AUTH_RATE_LIMIT_MAX: '10' }))
    // The first two of the ten: sign-up and verification.
    const person = await verifiedUser(app)
    t.same(await logins(app, person, 3), Array(3).fill('200'))
    t.teardown(fault.end)
    await fault.begin()
    t.same(await logins(app, person, 8), [...Array(5).fill('200'), ...Array(3).fill('429 too-many-requests')])
    await fault.end()
    await until(async () => (await health(app)) === 'ok', RECOVERED)
    t.equal(await login(app, person), '429 too-many-requests', 'and what was counted stays counted')
  })
}

t.test('a full Redis still tells other processes of a logout', { skip }, async t => {
  const env = await environmentOf(t, { REVOCATION_SYNC_SECONDS: '20' })
  const [here, there] = [await build(t, env), await build(t, env)]
  const tokens = await logIn(here)
  t.teardown(FAULTS.full.end)
  await FAULTS.full.begin()
  await logOut(here, tokens.token)
  t.ok(await until(async () => (await films(there, tokens)) === '401 token-invalid', 2000))
})

for (const name of ['stopped', 'frozen'] as const) {
  t.test(`Redis ${name}: a process that starts now serves, and uses it as soon as it is back`, { skip }, async t => {
    const fault = FAULTS[name]
    t.teardown(fault.end)
    await fault.begin()
    const env = await environmentOf(t, { REVOCATION_SYNC_SECONDS: '20' })
    const startedAt = performance.now()
    const here = await build(t, env)
    t.ok(performance.now() - startedAt < 5000)
    const there = await build(t, env)
    const tokens = await logIn(here)
    t.equal(await films(there, tokens), '200')
    t.equal(await health(here), 'degraded')

    await fault.end()
    await until(async () => (await health(here)) === 'ok' && (await health(there)) === 'ok', RECOVERED)
    await until(
      async () => Number(await command('PUBSUB', 'NUMSUB', `${env.REDIS_PREFIX}revocations`).then(subscribers)) === 2,
      RECOVERED,
    )
    await logOut(here, tokens.token)
    await until(async () => (await films(there, tokens)) === '401 token-invalid', 2000)
  })
}

const subscribers = (answer: unknown) => (Array.isArray(answer) ? answer[1] : 0)
