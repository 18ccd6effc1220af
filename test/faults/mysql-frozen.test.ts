import t, { type Test } from 'tap'
import { build, type Environment, listen, logIn, REAL, verifiedUser } from '../support/app.ts'
import {
  admin,
  allRefused,
  connectionsOf,
  environmentOn,
  films,
  freeze,
  login,
  RECOVERED,
  serviceOn,
  status,
  writes,
} from '../support/faults.ts'
import { proxyTo } from '../support/proxy.ts'
import { startMysql } from '../support/servers/index.ts'
import type { Server } from '../support/servers/server.ts'
import { outcome, reuseEvents, rotate } from '../support/session.ts'
import { until } from '../support/until.ts'

// A server of the file's own, to be frozen.
const mysql = REAL ? await startMysql(t) : null
const skip = mysql ? false : 'MySQL is of the real profile'

t.test('MySQL frozen: every answer comes in time, and the pool recovers', { skip }, async t => {
  if (!mysql) return
  const root = await admin(t, mysql)
  const app = await serviceOn(t, mysql, { DATABASE_POOL_SIZE: '3' })
  const person = await verifiedUser(app)
  const tokens = await logIn(app, person)
  // Of a session of its own: what has reached the frozen server may be carried out when it wakes.
  const used = await logIn(app, person)
  t.teardown(() => mysql.resume())

  await freeze(mysql, root)
  // More than the pool holds: some have a connection that hangs, others get none.
  const refused = allRefused(t, [...writes(app, person, used), ...writes(app, person, used)])
  const ready = status(app, '/health/ready')
  t.equal(await status(app, '/health/live'), 200)
  t.equal(await films(app, tokens), '200')
  t.equal(await ready, 503)
  await refused

  mysql.resume()
  await until(async () => (await status(app, '/health/ready')) === 200, RECOVERED)
  const logins = await Promise.all(Array.from({ length: 10 }, () => login(app, person)))
  t.same(new Set(logins), new Set(['200']))
  await until(async () => (await connectionsOf(app, root)).length <= 3, RECOVERED)
  t.equal(outcome(await rotate(app, tokens.refresh_token)), '200')
})

t.test(
  'a rotation that a frozen MySQL carries out when nobody waits for it any more logs nobody out',
  { skip },
  async t => {
    if (!mysql) return
    const { app, frozen } = await freezingOn(t, mysql, 'update `sessions`', { REFRESH_GRACE_SECONDS: '1' })
    const tokens = await logIn(app)
    const rotation = rotate(app, tokens.refresh_token)
    await frozen
    const frozenAt = performance.now()
    t.equal(outcome(await rotation), '503 service-unavailable')
    await until(() => performance.now() - frozenAt > 3500)
    mysql.resume()
    await until(async () => (await status(app, '/health/ready')) === 200, RECOVERED)
    t.equal(outcome(await rotate(app, tokens.refresh_token)), '200')
    t.same(await reuseEvents(app, tokens.token), [])
  },
)

t.test('what a transaction had done when MySQL froze is undone, and never committed by the next', { skip }, async t => {
  if (!mysql) return
  const { app, frozen } = await freezingOn(t, mysql, 'insert into `sessions`', { DATABASE_POOL_SIZE: '1' })
  const person = await verifiedUser(app)
  const refused = login(app, person)
  await frozen
  t.equal(await refused, '503 service-unavailable')
  mysql.resume()
  await until(async () => (await status(app, '/health/ready')) === 200, RECOVERED)
  await until(async () => (await login(app, person)) === '200')
  const sessions = await app.db.selectFrom('sessions').select('id').execute()
  t.equal(sessions.length, 1, 'that of the login that was answered')
})

/** A service whose MySQL freezes the first time that such a statement is about to reach it. */
async function freezingOn(t: Test, mysql: Server, statement: string, overrides: Environment) {
  const env = await environmentOn(t, mysql, overrides)
  const root = await admin(t, mysql)
  const frozen = Promise.withResolvers<void>()
  let armed = true
  const proxy = await proxyTo(t, mysql.port, async sent => {
    if (!armed || !sent.includes(statement)) return
    armed = false
    await freeze(mysql, root)
    frozen.resolve()
  })
  t.teardown(() => mysql.resume())
  const url = new URL(env.DATABASE_URL ?? '')
  url.port = String(proxy.port)
  return { app: await build(t, { ...env, DATABASE_URL: url.href }), frozen: frozen.promise }
}

t.test('a service whose MySQL is frozen stops in time', { skip }, async t => {
  if (!mysql) return
  const app = await serviceOn(t, mysql)
  const url = `${await listen(app)}/users/v1/login`
  const person = JSON.stringify(await verifiedUser(app))
  t.teardown(() => mysql.resume())
  await freeze(mysql, await admin(t, mysql))
  const post = () => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: person })
  let arrived = 0
  app.server.on('request', () => void arrived++)
  const logins = Array.from({ length: 8 }, post)
  await until(() => arrived === 8)
  const startedAt = performance.now()
  await app.close()
  t.ok(performance.now() - startedAt < 9000, 'within the 9 s that a stop may take')
  for (const login of logins) t.equal((await login).status, 503)
})
