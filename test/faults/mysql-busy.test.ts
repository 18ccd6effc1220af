import type { FastifyInstance } from 'fastify'
import { type Connection, createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, call, logIn, REAL, verifiedUser } from '../support/app.ts'
import {
  ANSWERED,
  admin,
  allRefused,
  connectionsOf,
  environmentOn,
  films,
  lockWaits,
  login,
  RECOVERED,
  serviceOn,
  status,
  writes,
} from '../support/faults.ts'
import { startMysql } from '../support/servers/index.ts'
import type { Server } from '../support/servers/server.ts'
import { outcome, rotate } from '../support/session.ts'
import { until } from '../support/until.ts'

// A server of the file's own, to be filled and locked.
const mysql = REAL ? await startMysql(t) : null
const skip = mysql ? false : 'MySQL is of the real profile'

/** A transaction beside the service's, in its database. */
async function rival(t: Test, app: FastifyInstance) {
  const connection = await createConnection(app.config.DATABASE_URL)
  t.teardown(() => connection.destroy())
  await connection.query('SET SESSION innodb_lock_wait_timeout = 20')
  await connection.query('START TRANSACTION')
  return connection
}

const sessionsOf = (app: FastifyInstance, user_id: number) =>
  app.db.selectFrom('sessions').select('id').where('user_id', '=', user_id).execute()

t.test('a deadlock is nobody’s fault: the loser is run again, and nothing is written twice', { skip }, async t => {
  if (!mysql) return
  const root = await admin(t, mysql)
  const app = await serviceOn(t, mysql)
  const person = await verifiedUser(app)
  const { user_id } = await logIn(app, person)
  const other = await rival(t, app)
  // Much is written here, so that the other side is the one that is rolled back. The lock on the end of the table keeps new sessions out.
  for (let i = 0; i < 50; i++)
    await other.query(
      `INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, expires_at, changed_at) VALUES ('0-${i}', 0, 1, 0, 0, 0, 0)`,
    )
  await other.query(`SELECT id FROM sessions FORCE INDEX (PRIMARY) WHERE id > '0' FOR UPDATE`)
  const answer = login(app, person)
  await until(async () => (await lockWaits(root)) === 1)
  await other.query('UPDATE users SET updated_at = updated_at WHERE id = ?', [user_id])
  await other.query('COMMIT')
  t.equal(await answer, '200')
  t.equal((await sessionsOf(app, user_id)).length, 2)
})

t.test('a lock that is held too long: a 503 in time, and nothing is written', { skip }, async t => {
  if (!mysql) return
  const app = await serviceOn(t, mysql)
  const person = await verifiedUser(app)
  const tokens = await logIn(app, person)
  // Of a session of its own: what the client has given up may still be carried out.
  const used = await logIn(app, person)
  const other = await rival(t, app)
  await other.query('SELECT id FROM users FOR UPDATE')
  await other.query('SELECT id FROM sessions FOR UPDATE')
  const [, loggingIn, , , rotating, loggingOut] = writes(app, person, used)
  await allRefused(
    t,
    [loggingIn, rotating, loggingOut].filter(each => each !== undefined),
  )
  await other.query('ROLLBACK')
  t.equal((await sessionsOf(app, tokens.user_id)).length, 2, 'no session without an answer')
  t.equal(await films(app, tokens), '200')
  t.equal(outcome(await rotate(app, tokens.refresh_token)), '200')
})

t.test('all connections of the pool are taken: others wait a little, and get a 503 in time', { skip }, async t => {
  if (!mysql) return
  const root = await admin(t, mysql)
  const app = await serviceOn(t, mysql, { DATABASE_POOL_SIZE: '2', REVOCATION_SYNC_SECONDS: '20' })
  const [taker, other] = [await verifiedUser(app), await verifiedUser(app)]
  const tokens = await logIn(app, other)
  const locker = await rival(t, app)
  await locker.query('SELECT id FROM users WHERE email = ? FOR UPDATE', [taker.email])
  const takers = [login(app, taker), login(app, taker)]
  await until(async () => (await lockWaits(root)) === 2)
  const startedAt = performance.now()
  const refused = allRefused(t, [['login', call(app, 'POST', '/users/v1/login', { payload: other })]])
  t.equal(await films(app, tokens), '200')
  t.equal(await status(app, '/health/ready'), 503)
  await refused
  await locker.query('ROLLBACK')
  for (const answer of await Promise.all(takers)) t.match(answer, /^(200|503 service-unavailable)$/)
  t.ok(performance.now() - startedAt < ANSWERED)
  const logins = await Promise.all(Array.from({ length: 20 }, () => login(app, other)))
  t.same(new Set(logins), new Set(['200']), 'who waits for a connection that comes free is served')
})

t.test(
  'the server’s connections are all taken by others: 503, and served again when there are some',
  { skip },
  async t => {
    if (!mysql) return
    const root = await admin(t, mysql)
    const app = await serviceOn(t, mysql)
    const person = await verifiedUser(app)
    const tokens = await logIn(app, person)
    await root.query('SET GLOBAL max_connections = 10')
    t.teardown(() => root.query('SET GLOBAL max_connections = 100'))
    const hogs: { destroy(): void }[] = []
    t.teardown(() => hogs.forEach(hog => void hog.destroy()))
    const hog = async () => {
      const connection = await createConnection(mysql.url).catch(() => null)
      if (connection) hogs.push(connection)
      return connection !== null
    }
    await until(async () => {
      for (const id of await connectionsOf(app, root)) await root.query(`KILL ${id}`).catch(() => {})
      return !(await hog()) && (await connectionsOf(app, root)).length === 0
    })
    await allRefused(t, writes(app, person, tokens))
    t.equal(await films(app, tokens), '200')
    t.equal(await status(app, '/health/ready'), 503)
    for (const each of hogs) each.destroy()
    await until(async () => (await status(app, '/health/ready')) === 200, RECOVERED)
    t.equal(await login(app, person), '200')
  },
)

t.test(
  'MySQL turned read-only: nothing is acknowledged, and nothing is written behind anybody’s back afterwards',
  { skip },
  async t => {
    if (!mysql) return
    const root = await admin(t, mysql)
    const app = await serviceAs(t, root, 'holocron')
    const person = await verifiedUser(app)
    const tokens = await logIn(app, person)
    const before = await rowsOf(app)
    const connections = await connectionsOf(app, root)
    await root.query('SET GLOBAL read_only = 1')
    t.teardown(() => root.query('SET GLOBAL read_only = 0'))

    const unwritten = writes(app, person, tokens).filter(([name]) => name !== 'verification')
    await allRefused(t, unwritten)
    t.equal(await films(app, tokens), '200', 'reads go on')
    t.same(await rowsOf(app), before)
    await until(async () => !(await connectionsOf(app, root)).some(id => connections.includes(id)))
    t.pass('connections that lead to a replica are given up')

    await root.query('SET GLOBAL read_only = 0')
    t.equal(await login(app, person), '200', 'the next request meets the new primary')
    t.equal(outcome(await rotate(app, tokens.refresh_token)), '200')
    t.same(await rowsOf(app), {
      ...before,
      sessions: Number(before.sessions) + 1,
      audit_events: Number(before.audit_events) + 1,
    })
  },
)

/** A service whose user has no right to write to a server that is read-only, unlike root. */
async function serviceAs(t: Test, root: Connection, user: string): Promise<FastifyInstance> {
  const env = await environmentOn(t, mysql as Server, { DATABASE_POOL_SIZE: '2' })
  const url = new URL(env.DATABASE_URL ?? '')
  await root.query(`CREATE USER ${user}@'%'; GRANT ALL ON ${url.pathname.slice(1)}.* TO ${user}@'%'`)
  t.teardown(() => root.query(`DROP USER ${user}@'%'`))
  url.username = user
  return build(t, { ...env, DATABASE_URL: url.href })
}

async function rowsOf({ db }: FastifyInstance) {
  const counts = async (table: 'users' | 'sessions' | 'outbox' | 'audit_events') => {
    const { n } = await db
      .selectFrom(table)
      .select(eb => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return [table, n] as const
  }
  return Object.fromEntries(await Promise.all((['users', 'sessions', 'outbox', 'audit_events'] as const).map(counts)))
}
