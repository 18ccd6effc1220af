import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Kysely, sql } from 'kysely'
import { NO_MIGRATIONS } from 'kysely/migration'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { readMigrationFile } from '#sql/connection/migration-file.ts'
import { migrate, migrator, pendingMigrations, undoLast } from '#sql/connection/migrator.ts'
import { listFilms } from '#sql/films.ts'
import type { Tables } from '#sql/tables.ts'
import { build as buildApp } from '../../../app.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { build, type Environment, REAL, type Test, unmigratedEnvironment } from '../../support/app.ts'
import { type Catalog, readCatalog } from '../../support/sql/catalog.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FOLDER = join(ROOT, 'sql/migrations')
const names = (await readdir(FOLDER))
  .filter(file => file.endsWith('.sql'))
  .map(file => file.replace('.sql', ''))
  .sort()

async function open(t: Test, env: Environment): Promise<Kysely<Tables>> {
  const db = await openDatabase(env.DATABASE_URL ?? '')
  t.teardown(() => db.destroy())
  return db
}

async function emptyDatabase(t: Test): Promise<Kysely<Tables>> {
  return open(t, await unmigratedEnvironment(t))
}

async function migrated(t: Test): Promise<Kysely<Tables>> {
  const db = await emptyDatabase(t)
  await migrate(db)
  return db
}

interface Contents {
  catalog: Catalog
  films: unknown
}

async function contents(db: Kysely<Tables>): Promise<Contents> {
  const catalog = await readCatalog(db)
  return { catalog, films: catalog.films && (await listFilms(db)) }
}

function startMigrating(env: Environment): ChildProcess {
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return spawn(process.execPath, ['scripts/migrate.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: [...stdio],
  })
}

async function outcomeOf(child: ChildProcess) {
  const [out, problems, [code]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    once(child, 'exit'),
  ])
  return { code: code as number | null, out: out.trim(), problems: problems.trim() }
}

t.test("each migration's undo reverts it, and repeating the migration restores it", async t => {
  const db = await emptyDatabase(t)
  const stages = [await contents(db)]
  for (const name of names) {
    await migrator(db).migrateTo(name)
    stages.push(await contents(db))
  }
  const latest = stages.at(-1)
  t.ok(latest?.films)
  for (const [i, name] of names.toReversed().entries()) {
    t.same(await undoLast(db), [name])
    t.same(await contents(db), stages.at(-2 - i), `before ${name}`)
  }
  t.same((await contents(db)).catalog, {})
  t.same(await migrate(db), names)
  t.same(await contents(db), latest)
})

t.test('with nothing left to do, nothing is done', async t => {
  const db = await migrated(t)
  t.same(await pendingMigrations(db), [])
  t.same(await migrate(db), [])
})

t.test('each migration, cut off after any of its statements, is completed by a second run', async t => {
  const db = await emptyDatabase(t)
  for (const [i, name] of names.entries()) {
    const { up: statements } = await readMigrationFile(join(FOLDER, `${name}.sql`), REAL ? 'mysql' : 'sqlite')
    await migrator(db).migrateTo(name)
    const whole = await contents(db)
    for (let done = 0; done <= statements.length; done++) {
      await migrator(db).migrateTo(names[i - 1] ?? NO_MIGRATIONS)
      for (const statement of statements.slice(0, done)) await sql.raw(statement).execute(db)
      await migrator(db).migrateTo(name)
      t.same(await contents(db), whole, `${name}: ${done} of ${statements.length}`)
    }
  }
})

t.test('a migration that is killed leaves nothing that keeps the next run from completing', async t => {
  const env = await unmigratedEnvironment(t)
  const whole = await contents(await migrated(t))
  const watcher = await open(t, env)
  const appeared = async () => Object.keys(await readCatalog(watcher)).length

  for (let tables = 0; tables < Object.keys(whole.catalog).length; tables += 2) {
    const child = startMigrating(env)
    const exited = outcomeOf(child)
    let running = true
    void exited.then(() => {
      running = false
    })
    while (running && (await appeared().catch(() => 0)) <= tables) await new Promise(setImmediate)
    child.kill('SIGKILL')
    await exited
  }
  const { code, problems } = await outcomeOf(startMigrating(env))
  t.equal(code, 0, problems)
  t.same(await contents(watcher), whole)
})

t.test('ten processes that migrate at once all succeed, and one of them does the work', async t => {
  const env = await unmigratedEnvironment(t)
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(startMigrating(env))))
  for (const { code, problems } of outcomes) t.equal(code, 0, problems)
  t.equal(outcomes.filter(({ out }) => out === names.join('\n')).length, 1)
  t.equal(outcomes.filter(({ out }) => out === 'Nothing to do.').length, 9)
  t.same(await contents(await open(t, env)), await contents(await migrated(t)))
})

t.test('ten processes that start at once on an empty database all serve', async t => {
  const env = await unmigratedEnvironment(t)
  const apps = await Promise.all(Array.from({ length: REAL ? 10 : 1 }, () => build(t, env)))
  for (const app of apps) t.equal((await app.inject('/films/v1/4')).statusCode, 200)
})

t.test('`npm run migrate -- undo` takes back the newest migration', async t => {
  const env = await unmigratedEnvironment(t)
  const db = await open(t, env)
  await migrate(db)
  const child = spawn(process.execPath, ['scripts/migrate.ts', 'undo'], { cwd: ROOT, env: { ...env } })
  const { code, out } = await outcomeOf(child)
  t.equal(code, 0)
  t.equal(out, names.at(-1))
  t.same(await pendingMigrations(db), names.slice(-1))
})

t.test(
  'a database that lacks migrations stops the start, which says what to run',
  { skip: !REAL && 'the embedded profile migrates by itself' },
  async t => {
    const env = await unmigratedEnvironment(t, { MIGRATE_ON_START: 'false' })
    const app = buildApp(readConfig(env))
    t.teardown(() => app.close())
    await t.rejects(async () => app.ready(), { message: /lacks 001-users, 002-mail.*npm run migrate/ })
    t.same(await readCatalog(await open(t, env)), {}, 'and nothing was migrated')
  },
)

t.test(
  'the same, one migration behind, is said by the process in one line',
  { skip: !REAL && 'the embedded profile migrates by itself' },
  async t => {
    const env = await unmigratedEnvironment(t, { MIGRATE_ON_START: 'false', PORT: '0' })
    const db = await open(t, env)
    await migrate(db)
    await undoLast(db)
    const server = spawn(process.execPath, ['server.ts'], { cwd: ROOT, env: { ...env } })
    const { code, out, problems } = await outcomeOf(server)
    t.equal(code, 1)
    t.match(`${out}${problems}`, 'npm run migrate')
    t.notMatch(problems, /^\s+at /m, 'no stack')
  },
)
