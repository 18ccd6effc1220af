// No statement of the service becomes slow as its tables grow: the database's plan for each uses an index.
import { CompiledQuery, sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { build, environment, REAL } from '../support/app.ts'
import { type SqlCases, sqlFiles } from '../support/sql/cases.ts'
import { readCatalog } from '../support/sql/catalog.ts'
import { fillTables, ROWS } from '../support/sql/fill.ts'
import { statementsOf } from '../support/sql/statements.ts'

const env = await environment(t)
const app = await build(t, env)
const db = await openDatabase(env.DATABASE_URL ?? '')
t.teardown(() => db.destroy())
const now = Date.now()

const files = await sqlFiles()
const allCases = files.flatMap(({ cases }): SqlCases[] => (cases ? [cases] : []))
const tables = Object.keys(await readCatalog(db))
/** Scanning these costs the same however much the service is used. */
const small = new Set<string>(allCases.flatMap(cases => ('small' in cases && cases.table ? [cases.table] : [])))
// SQLite's own: a row for each table.
small.add('sqlite_sequence')

await fillTables(db, allCases, now)
// MySQL plans by its statistics of the rows.
if (REAL) await sql.raw(`analyze table ${tables.join(', ')}`).execute(db)

t.test('every file of sql/ that takes the database has its cases beside the tests', async t => {
  for (const { path, functions, casesPath, cases } of files) {
    if (functions.length === 0) continue
    t.ok(
      cases,
      `${path}: write ${casesPath}, with a call of ${functions.join(', ')} (test/support/sql/cases.ts says how)`,
    )
  }
})

t.test('every table has many rows here, or is said to be small', async t => {
  for (const table of tables) {
    if (small.has(table)) continue
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db)
    t.equal(
      Number(rows[0]?.n),
      ROWS,
      `${table}: a row maker in the cases of its file (test/support/sql/cases.ts says how)`,
    )
  }
})

for (const { path, functions, casesPath, cases } of files) {
  const calls = cases?.statements({ app, db, now }) ?? {}

  t.test(`${path}: every function that takes the database has a case`, async t => {
    t.same(Object.keys(calls).sort(), functions.sort(), `a call of each, by its name, in ${casesPath}`)
  })

  for (const [name, run] of Object.entries(calls))
    t.test(`${name} scans no table that grows`, async t => {
      const statements = await statementsOf(db, run)
      t.ok(statements.length > 0)
      for (const statement of statements) t.same(await fullScans(statement), [], statement.sql)
    })
}

async function fullScans(statement: CompiledQuery): Promise<string[]> {
  // An insertion searches nothing.
  if (/^insert/i.test(statement.sql)) return []
  return REAL ? fullScansOfMysql(statement) : fullScansOfSqlite(statement)
}

interface MysqlStep {
  table: string | null
  type: string | null
  rows: number | null
}

/** `ALL` reads the table, `index` the whole of an index, unless a limit ends it. @see https://dev.mysql.com/doc/refman/8.4/en/explain-output.html */
async function fullScansOfMysql({ sql: text, parameters }: CompiledQuery): Promise<string[]> {
  const { rows } = await db.executeQuery<MysqlStep>(CompiledQuery.raw(`explain ${text}`, [...parameters]))
  const limited = / limit \?$/.test(text)
  return rows
    .filter(({ type }) => type === 'ALL' || (type === 'index' && !limited))
    .filter(({ table }) => table !== null && !small.has(table))
    .map(({ table, type, rows }) => `${type} on ${table}: ${rows} rows`)
}

/** `SCAN users` reads the table, `SCAN users USING INDEX …` the whole of an index, unless a limit ends it. @see https://www.sqlite.org/eqp.html */
async function fullScansOfSqlite({ sql: text, parameters }: CompiledQuery): Promise<string[]> {
  const { rows } = await db.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${text}`, [...parameters]),
  )
  const limited = / limit \?$/.test(text)
  const details = rows.map(({ detail }) => detail)
  // A table in the order of its integer key is its own index: without conditions, the limit ends the scan.
  const inKeyOrder = limited && !/ where /.test(text) && !details.some(detail => detail.startsWith('USE TEMP B-TREE'))
  return details
    .filter(detail => !(inKeyOrder && detail.startsWith('SCAN ')))
    .filter(detail => detail.startsWith('SCAN ') && detail !== 'SCAN CONSTANT ROW')
    .filter(detail => !small.has(detail.split(' ')[1] ?? ''))
    .filter(detail => !(limited && / USING .*INDEX /.test(detail)))
}
