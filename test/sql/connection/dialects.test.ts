/**
 * Compares the tables of the two dialects by the catalogs of the databases. Without a MySQL, its migrations run in SQLite, translated;
 * with one, the translation is compared with the real thing too.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import t from 'tap'
import { openDatabase, openSqlite } from '#sql/connection/database.ts'
import { readMigrationFile } from '#sql/connection/migration-file.ts'
import { migrate } from '#sql/connection/migrator.ts'
import { listFilms } from '#sql/films.ts'
import type { Tables } from '#sql/tables.ts'
import { REAL, unmigratedEnvironment } from '../../support/app.ts'
import { type Catalog, mysqlToSqlite, readCatalog } from '../../support/sql/catalog.ts'

const MIGRATIONS = join(import.meta.dirname, '../../../sql/migrations')

const files = (await readdir(MIGRATIONS)).filter(file => file.endsWith('.sql')).sort()

async function embedded(): Promise<Kysely<Tables>> {
  const db = openSqlite('sqlite::memory:')
  await migrate(db)
  return db
}

async function translated(): Promise<Kysely<Tables>> {
  const db = openSqlite('sqlite::memory:')
  for (const file of files)
    for (const statement of (await readMigrationFile(join(MIGRATIONS, file), 'mysql')).up)
      for (const each of mysqlToSqlite(statement)) await sql.raw(each).execute(db)
  return db
}

async function server(t: Parameters<typeof unmigratedEnvironment>[0]): Promise<Kysely<Tables>> {
  const { DATABASE_URL = '' } = await unmigratedEnvironment(t)
  const db = await openDatabase(DATABASE_URL)
  t.teardown(() => db.destroy())
  await migrate(db)
  return db
}

/** MySQL adds an index for a foreign key that has none: both dialects must declare one. */
function same(t: { same(a: unknown, b: unknown, message: string): void }, a: Catalog, b: Catalog): void {
  t.same(Object.keys(a).sort(), Object.keys(b).sort(), 'the same tables')
  for (const [table, shape] of Object.entries(a)) t.same(shape, b[table], table)
}

t.test('migrations are numbered without a gap, and each has both dialects and an undo', async t => {
  for (const [i, file] of files.entries()) {
    t.match(file, new RegExp(`^${String(i + 1).padStart(3, '0')}-[a-z-]+\\.sql$`))
    for (const dialect of ['mysql', 'sqlite'] as const) {
      const { up, down } = await readMigrationFile(join(MIGRATIONS, file), dialect)
      t.ok(up.length > 0 && down.length > 0, `${file} for ${dialect}`)
    }
  }
})

t.test('columns, keys and indexes are the same in SQLite and MySQL', async t => {
  const sqlite = await readCatalog(await embedded())
  t.ok(Object.keys(sqlite).length >= 6)
  same(t, await readCatalog(REAL ? await server(t) : await translated()), sqlite)
})

t.test('the films are identical in SQLite and MySQL', async t => {
  const films = await listFilms(await embedded())
  t.equal(films.length, 7)
  t.same(await listFilms(REAL ? await server(t) : await translated()), films)
})

t.test('the comparison without a MySQL agrees with a real one', { skip: !REAL && 'no MySQL' }, async t => {
  same(t, await readCatalog(await translated()), await readCatalog(await server(t)))
})

t.test(
  'MySQL compares text byte by byte, as SQLite does, and keeps transactions',
  { skip: !REAL && 'no MySQL' },
  async t => {
    const db = await server(t)
    const { rows: columns } = await sql<{ name: string; collation: string }>`
    SELECT CONCAT(table_name, '.', column_name) AS name, collation_name AS collation FROM information_schema.columns
    WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name NOT LIKE 'kysely%'`.execute(db)
    t.ok(columns.length > 20)
    for (const { name, collation } of columns) t.match(collation, /^(ascii|utf8mb4)_bin$/, name)
    const { rows: tables } = await sql<{ name: string; engine: string }>`
    SELECT table_name AS name, engine AS engine FROM information_schema.tables WHERE table_schema = DATABASE()`.execute(
      db,
    )
    for (const { name, engine } of tables) t.equal(engine, 'InnoDB', name)
  },
)

t.test('SQLite’s tables are strict about types, as MySQL’s are', async t => {
  const db = await embedded()
  const { rows } = await sql<{ name: string; strict: number }>`PRAGMA table_list`.execute(db)
  for (const table of Object.keys(await readCatalog(db)))
    t.equal(rows.find(({ name }) => name === table)?.strict, 1, table)
})
