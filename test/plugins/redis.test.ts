// The URLs of Redis as managed services hand them out, and what becomes of those that cannot be honored.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import t from 'tap'
import { build, call, logIn, type Test } from '../support/app.ts'
import { startRedis, startSentinel } from '../support/servers/index.ts'
import { logOut } from '../support/session.ts'

const PASSWORD = 'p:@/#%'
const redis = await startRedis(t, ['--requirepass', PASSWORD])
const skip = redis ? false : 'no Redis is installed'
const password = encodeURIComponent(PASSWORD)

/** Keys with this prefix in a database of the server. */
async function keysIn(db: number, prefix: string): Promise<string[]> {
  const client = new Redis({ port: redis?.port ?? 0, password: PASSWORD, db })
  return client.keys(`${prefix}*`).finally(() => client.disconnect())
}

const readiness = async (t: Test, env: Record<string, string>) => {
  const app = await build(t, env)
  return (await call(app, 'GET', '/health/ready')).json()
}

t.test('a numbered database is the one that is used', { skip }, async t => {
  const app = await build(t, { REDIS_URL: `redis://:${password}@127.0.0.1:${redis?.port}/6`, REDIS_PREFIX: 'six:' })
  await logIn(app)
  t.not((await keysIn(6, 'six:')).length, 0)
  t.same(await keysIn(0, 'six:'), [])
})

t.test('a database that the server lacks prevents the start: its keys would go to database 0', { skip }, async t => {
  const start = build(t, { REDIS_URL: `redis://:${password}@127.0.0.1:${redis?.port}/99` })
  await t.rejects(start, { name: 'ConfigError', message: /^REDIS_URL: the database cannot be selected \([^\n]+\)$/ })
})

t.test(
  'Sentinels with a password of their own, at an IPv6 address, lead to the database of the URL',
  { skip },
  async t => {
    const sentinel = await startSentinel(t, redis?.port ?? 0, [
      'bind 127.0.0.1 ::1',
      'requirepass watchers',
      `sentinel auth-pass mymaster ${PASSWORD}`,
    ])
    const hosts = `[::1]:${sentinel?.port},127.0.0.1:${sentinel?.port}`
    const REDIS_URL = `redis+sentinel://:${password}@${hosts}/mymaster/3?sentinelPassword=watchers`
    const app = await build(t, { REDIS_URL, REDIS_PREFIX: 'three:' })
    t.match((await call(app, 'GET', '/health/ready')).json(), { checks: { redis: 'up' } })
    await logIn(app)
    t.not((await keysIn(3, 'three:')).length, 0)
  },
)

t.test('servers that accept connections and say nothing do not prevent the start', async t => {
  const silent = createServer(socket => t.teardown(() => socket.destroy())).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  for (const url of [`redis://127.0.0.1:${port}`, `redis+sentinel://127.0.0.1:${port},127.0.0.1:${port}/mymaster`]) {
    t.match(await readiness(t, { REDIS_URL: url }), { status: 'degraded', checks: { redis: 'down' } }, url)
  }
})

t.test('an outage is logged when it begins and when it ends, not at each attempt to reconnect', { skip }, async t => {
  const own = await startRedis(t)
  const lines: { msg: string }[] = []
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = await build(t, { REDIS_URL: own?.url ?? '', LOG_LEVEL: 'info' }, log)
  const about = (word: string) => lines.filter(({ msg }) => msg.startsWith('redis') && msg.includes(word)).length
  const reconnecting = new Promise<void>(resolve => {
    let attempts = 0
    app.redis.holocron?.on('reconnecting', () => ++attempts === 4 && resolve())
  })
  const sessions = await Promise.all(Array.from({ length: 20 }, () => logIn(app)))
  await own?.stop()
  for (const { token } of sessions) await logOut(app, token)
  await reconnecting
  t.equal(about('unavailable'), 1)
  const ready = once(app.redis.holocron as Redis, 'ready')
  await own?.restart()
  await ready
  t.equal(about('unavailable'), 1)
  t.equal(about('available again'), 1)
  t.ok(
    lines.filter(({ msg }) => msg.startsWith('revocation channel')).length <= 2,
    'though 20 logouts were not published',
  )
})
