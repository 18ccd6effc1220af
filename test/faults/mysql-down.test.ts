import t from 'tap'
import { call, logIn, REAL, verifiedUser } from '../support/app.ts'
import {
  admin,
  allRefused,
  connectionsOf,
  films,
  login,
  RECOVERED,
  serviceOn,
  status,
  writes,
} from '../support/faults.ts'
import { startMysql } from '../support/servers/index.ts'
import { outcome, rotate } from '../support/session.ts'
import { until } from '../support/until.ts'

// A server of the file's own, to be stopped and killed.
const mysql = REAL ? await startMysql(t) : null
const skip = mysql ? false : 'MySQL is of the real profile'

t.test(
  'MySQL stopped: nothing is acknowledged that is not written, what memory knows is still served',
  { skip },
  async t => {
    if (!mysql) return
    const app = await serviceOn(t, mysql, { REVOCATION_MAX_STALENESS_SECONDS: '3' })
    const person = await verifiedUser(app)
    const tokens = await logIn(app, person)

    const stopped = mysql.stop()
    await until(async () => (await status(app, '/health/ready')) === 503)
    t.equal(await films(app, tokens), '200', 'protected reads go on')
    await stopped
    await allRefused(t, writes(app, person, tokens))
    t.equal(await status(app, '/health/live'), 200)
    t.equal(await status(app, '/health/ready'), 503)
    t.equal(await status(app, '/metrics'), 200)
    await until(async () => (await films(app, tokens)) === '503 service-unavailable')
    t.ok(app.revocations.staleness() >= 3000, 'until the staleness limit')
    t.equal(await status(app, '/.well-known/jwks.json'), 200)
    t.equal(await status(app, '/films/v1/4'), 200, 'public reads go on')

    await mysql.restart()
    await until(async () => (await films(app, tokens)) === '200', RECOVERED)
    t.equal(await status(app, '/health/ready'), 200)
    t.equal(await login(app, person), '200')
    t.equal(await films(app, tokens), '200', 'a logout that was refused has ended nothing')
    t.equal(outcome(await rotate(app, tokens.refresh_token)), '200', 'a rotation that was refused has used nothing up')
  },
)

t.test(
  'MySQL killed under load, twice: each answer is a success or a 503, and the process lives on',
  { skip },
  async t => {
    if (!mysql) return
    const app = await serviceOn(t, mysql)
    const person = await verifiedUser(app)
    // Of another user: this many logins end the person's oldest sessions (SESSIONS_MAX).
    const tokens = await logIn(app, await verifiedUser(app))
    for (const _ of [1, 2]) {
      let away = true
      const outcomes = new Map<string, number>()
      const caller = async () => {
        while (away) {
          const answer = await login(app, person)
          outcomes.set(answer, (outcomes.get(answer) ?? 0) + 1)
        }
      }
      const callers = Array.from({ length: 20 }, caller)
      await until(() => (outcomes.get('200') ?? 0) > 20)
      process.kill(mysql.pid, 'SIGKILL')
      await until(() => (outcomes.get('503 service-unavailable') ?? 0) > 20)
      await mysql.restart()
      const logins = outcomes.get('200') ?? 0
      await until(() => (outcomes.get('200') ?? 0) > logins + 20, RECOVERED)
      away = false
      await Promise.all(callers)
      t.same([...outcomes.keys()].sort(), ['200', '503 service-unavailable'])
    }
    t.equal(await films(app, tokens), '200')
  },
)

t.test(
  'connections that the server has closed meanwhile are replaced, and no request meets them',
  { skip },
  async t => {
    if (!mysql) return
    const root = await admin(t, mysql)
    const app = await serviceOn(t, mysql, { REVOCATION_SYNC_SECONDS: '20' })
    const person = await verifiedUser(app)
    await Promise.all(Array.from({ length: 8 }, () => login(app, person)))
    const idle = await connectionsOf(app, root)
    t.ok(idle.length > 1)
    // What `wait_timeout` does after hours.
    for (const id of idle) await root.query(`KILL ${id}`).catch(() => {})
    await until(async () => (await connectionsOf(app, root)).every(id => !idle.includes(id)))
    const logins = await Promise.all(Array.from({ length: 8 }, () => login(app, person)))
    t.same(new Set(logins), new Set(['200']))
    t.equal((await call(app, 'GET', '/health/ready')).statusCode, 200)
  },
)
