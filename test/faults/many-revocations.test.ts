// A restart within a token's lifetime after millions of revocations: the process must come up, and accept nobody before it knows them all.
import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { build, call, environment, logIn, REAL } from '../support/app.ts'
import { films } from '../support/faults.ts'
import { proxyTo } from '../support/proxy.ts'
import { sessionOf } from '../support/session.ts'
import { until } from '../support/until.ts'

const skip = REAL ? false : 'a database that may be slow is of the real profile'

t.test(
  'a process that needs long to read what was revoked starts, and is not ready until it has',
  { skip },
  async t => {
    const env = await environment(t, { REDIS_URL: '' })
    const before = await build(t, env)
    const tokens = await logIn(before)
    const session = await sessionOf(before, tokens.token)
    const revoked_at = session.changed_at
    const rows = Array.from({ length: 45_000 }, () => ({ ...session, id: randomUUIDv7(), revoked_at }))
    for (let i = 0; i < rows.length; i += 5000)
      await before.db
        .insertInto('sessions')
        .values(rows.slice(i, i + 5000))
        .execute()

    // Five pages of 10,000 at 1.5 s each: longer than a plugin may take to load, shorter than a statement may run.
    const database = new URL(env.DATABASE_URL ?? '')
    const slow = (sent: Buffer) => (sent.includes('`changed_at` >=') ? pause(1500) : undefined)
    const proxy = await proxyTo(t, Number(database.port || 3306), slow)
    database.port = String(proxy.port)
    const after = await build(t, { ...env, DATABASE_URL: database.href })
    t.equal(await films(after, tokens), '503 service-unavailable')
    t.match((await call(after, 'GET', '/health/ready')).statusCode, 503)
    t.equal((await call(after, 'GET', '/health/live')).statusCode, 200)
    await until(async () => (await films(after, tokens)) === '200', 20_000)
    t.equal(after.revocations.size(), rows.length)
    t.equal((await call(after, 'GET', '/health/ready')).statusCode, 200)
  },
)
