/** Databases of the pre-releases had UUIDs as user ids: nothing migrates them, so every program says so in one line and changes nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Kysely, sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import type { Tables } from '#sql/tables.ts'
import { build as buildApp } from '../../../app.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { type Environment, type Test, unmigratedEnvironment } from '../../support/app.ts'
import { run } from '../../support/run-script.ts'
import { readCatalog } from '../../support/sql/catalog.ts'

const ROOT = join(import.meta.dirname, '../../..')
const OLD = ['001-accounts', '002-films', '003-profiles', '004-second-factors', '005-passkeys', '006-imports']

/** What Kysely's migrator and the first statements of the old migrations left. */
async function preRelease(t: Test): Promise<{ env: Environment; db: Kysely<Tables> }> {
  const env = await unmigratedEnvironment(t)
  const db = await openDatabase(env.DATABASE_URL ?? '')
  t.teardown(() => db.destroy())
  await sql`CREATE TABLE kysely_migration (name VARCHAR(255) NOT NULL PRIMARY KEY, timestamp VARCHAR(255) NOT NULL)`.execute(
    db,
  )
  await sql`CREATE TABLE kysely_migration_lock (id VARCHAR(255) NOT NULL PRIMARY KEY, is_locked INTEGER NOT NULL DEFAULT 0)`.execute(
    db,
  )
  await sql`INSERT INTO kysely_migration_lock (id, is_locked) VALUES ('migration_lock', 0)`.execute(db)
  for (const name of OLD)
    await sql`INSERT INTO kysely_migration (name, timestamp) VALUES (${name}, '2026-01-01')`.execute(db)
  await sql`CREATE TABLE users (id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(254) NOT NULL UNIQUE)`.execute(db)
  await sql`INSERT INTO users (id, email) VALUES ('01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80', 'leia@alderaan.example')`.execute(
    db,
  )
  return { env, db }
}

const ONE_LINE = /^[^\n]*the database was made by a pre-release of Holocron[^\n]*\n$/

for (const MIGRATE_ON_START of ['true', 'false'])
  t.test(`the start is refused with MIGRATE_ON_START=${MIGRATE_ON_START}`, async t => {
    const { env } = await preRelease(t)
    const app = buildApp(readConfig({ ...env, MIGRATE_ON_START }))
    t.teardown(() => app.close())
    await t.rejects(async () => app.ready(), {
      name: 'ConfigError',
      message: /^DATABASE_URL: the database was made by a pre-release of Holocron[^\n]+$/,
    })
  })

t.test('the process ends with one line and no stack', async t => {
  const { env } = await preRelease(t)
  const server = spawn(process.execPath, ['server.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env, PORT: '0' },
  })
  const [[code], problems] = await Promise.all([once(server, 'close'), text(server.stderr)])
  t.equal(code, 1)
  t.match(problems, ONE_LINE)
})

for (const [script, args] of [
  ['migrate.ts', []],
  ['migrate.ts', ['undo']],
  ['create-admin.ts', ['mon@chandrila.example']],
  ['import-users.ts', ['users.ndjson']],
] as const)
  t.test(`${script} ${args.join(' ')} ends with one line and no stack, and changes nothing`, async t => {
    const { env, db } = await preRelease(t)
    await writeFile(join(env.DATA_DIR ?? '', 'users.ndjson'), '{"email":"a@b.example","password_hash":"x"}\n')
    const before = await readCatalog(db)
    const { code, err } = await run(script, [...args], env, 'Chandrila1977\n')
    t.equal(code, 1)
    t.match(err, ONE_LINE)
    t.same(await readCatalog(db), before)
  })
