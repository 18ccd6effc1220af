// What other programs do to the file of the embedded profile: lock it, fill the disk, delete it, replace it.
import { copyFile, rename, unlink } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import t from 'tap'
import {
  build,
  call,
  codeOf,
  type Environment,
  environment,
  newEmail,
  PASSWORD,
  REAL,
  type Test,
} from '../support/app.ts'
import { browserLogIn, expired, OWN_PAGE } from '../support/cookies.ts'
import { submit } from '../support/pages.ts'

const skip = REAL ? 'SQLite is of the embedded profile' : false

const signUp = async (app: FastifyInstance) => {
  const response = await call(app, 'POST', '/users/v1/signup', { payload: { email: newEmail(), password: PASSWORD } })
  return `${response.statusCode} ${codeOf(response) ?? ''}`.trim()
}

const readiness = async (app: FastifyInstance) => (await call(app, 'GET', '/health/ready')).statusCode

interface LogLine {
  msg: string
  err?: { message: string }
}

/** An instance, its file, and its log. */
async function start(t: Test, overrides: Environment = {}) {
  const lines: LogLine[] = []
  const env = await environment(t, { LOG_LEVEL: 'warn', ...overrides })
  const app = await build(t, env, { write: line => void lines.push(JSON.parse(line)) })
  return {
    app,
    file: env.DATABASE_URL?.slice('sqlite:'.length) ?? '',
    causes: () => lines.map(line => line.err?.message),
  }
}

/** Another program that holds the write lock. */
function lock(t: Test, file: string): DatabaseSync {
  const other = new DatabaseSync(file)
  t.teardown(() => other.isOpen && other.close())
  other.exec('BEGIN IMMEDIATE')
  return other
}

t.test('while another program holds the lock, writes wait for it and the event loop does not', { skip }, async t => {
  const { app, file } = await start(t)
  const other = lock(t, file)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const waiting = Promise.all([signUp(app), signUp(app)])
  delay.enable()
  for (let i = 0; i < 50; i++) {
    t.equal((await call(app, 'GET', '/health/live')).statusCode, 200)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  delay.disable()
  other.exec('ROLLBACK')
  t.same(await waiting, ['200', '200'])
  t.ok(delay.percentile(90) / 1e6 < 200, `${Math.round(delay.percentile(90) / 1e6)} ms of the event loop at a time`)
})

t.test(
  'a lock that is not released costs each write 503, and the next ones do not wait as long again',
  { skip },
  async t => {
    const { app, file, causes } = await start(t)
    const other = lock(t, file)
    const startedAt = performance.now()
    t.same(await Promise.all(Array.from({ length: 8 }, () => signUp(app))), Array(8).fill('503 service-unavailable'))
    t.ok(performance.now() - startedAt < 8 * 2000, 'all together, not one after the other')
    t.match(causes(), [/locked/])
    other.exec('ROLLBACK')
    t.equal(await signUp(app), '200')
  },
)

t.test('a sign-out that the database cannot take is not acknowledged: the cookie stays', { skip }, async t => {
  const { app, file } = await start(t)
  const cookie = expired(app, await browserLogIn(app))
  const signOut = () => submit(app, '/signout', {}, { ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${cookie}` })
  const other = lock(t, file)
  const refused = await signOut()
  t.equal(refused.statusCode, 503)
  t.notOk(refused.headers['set-cookie'])
  other.exec('ROLLBACK')
  t.equal((await signOut()).statusCode, 303)
})

t.test('a full disk is 503 with its reason in the log, and over when there is room again', { skip }, async t => {
  const { app, causes } = await start(t)
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(app.db)
  await sql.raw(`pragma max_page_count = ${rows[0]?.page_count}`).execute(app.db)
  let outcome = ''
  for (let i = 0; i < 100 && !outcome.startsWith('503'); i++) outcome = await signUp(app)
  t.equal(outcome, '503 service-unavailable')
  t.match(causes().at(-1), /full/)
  await sql.raw('pragma max_page_count = 100000').execute(app.db)
  t.equal(await signUp(app), '200')
})

t.test('a file that takes no writes is not ready, though it reads, until it takes them again', { skip }, async t => {
  const { app, causes } = await start(t)
  await sql.raw('pragma query_only = 1').execute(app.db)
  t.equal(await signUp(app), '503 service-unavailable')
  t.match(causes(), [/readonly/])
  t.equal(await readiness(app), 503)
  await sql.raw('pragma query_only = 0').execute(app.db)
  t.equal(await readiness(app), 200)
  t.equal(await signUp(app), '200')
})

t.test(
  'whether writes work again is found out by a write, though the clock of another process is ahead',
  { skip },
  async t => {
    const { app } = await start(t)
    await app.db.insertInto('leases').values({ name: 'health', leased_until: 1e15 }).execute()
    await sql.raw('pragma query_only = 1').execute(app.db)
    await signUp(app)
    await sql.raw('pragma query_only = 0').execute(app.db)
    t.equal(await readiness(app), 200)
    const row = await app.db.selectFrom('leases').selectAll().where('name', '=', 'health').executeTakeFirstOrThrow()
    t.not(row.leased_until, 1e15)
  },
)

const REPLACED: Record<string, (file: string) => Promise<unknown>> = {
  deleted: file => unlink(file),
  'replaced by a copy': async file => {
    await copyFile(file, `${file}.backup`)
    await rename(`${file}.backup`, file)
  },
}

for (const [name, act] of Object.entries(REPLACED)) {
  t.test(
    `a database file that was ${name} acknowledges nothing: it would be lost at the next start`,
    { skip },
    async t => {
      const { app, file, causes } = await start(t)
      t.equal(await signUp(app), '200')
      await act(file)
      t.equal(await signUp(app), '503 service-unavailable')
      t.equal(await readiness(app), 503)
      t.match(causes(), [/database file was deleted or replaced/])
    },
  )
}
