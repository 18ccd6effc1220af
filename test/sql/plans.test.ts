// No statement of the service grows dear with its tables: the database's own plan for each uses an index.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CompiledQuery, type Kysely, type QueryExecutor, sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import type { Tables } from '#sql/tables.ts'
import { build, environment, REAL } from '../support/app.ts'
import { everyStatement, modules } from '../support/sql/every-statement.ts'
import { manyRows } from '../support/sql/many-rows.ts'

/** They have as many rows as a release brings, or one for each kind of work. */
const SMALL = new Set(['films', 'leases', 'imports'])

const env = await environment(t, { MAIL_POLL_SECONDS: '3600' })
const app = await build(t, env)
const db = await openDatabase(env.DATABASE_URL ?? '')
t.teardown(() => db.destroy())
const now = Date.now()
await manyRows(db, now)
// The planner of MySQL goes by what it knows of the rows.
if (REAL) await sql.raw(`analyze table ${await tables()}`).execute(db)

const cases = everyStatement(app, db, now)

/** What makes no statements of its own, or is no part of the running service. */
const TOOLS = ['tables']

t.test('every file of statements is among the modules', async t => {
  const files = readdirSync(join(import.meta.dirname, '../../sql')).filter(file => file.endsWith('.ts'))
  const camel = (file: string) =>
    file.replace('.ts', '').replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())
  t.same(
    files
      .map(camel)
      .filter(name => !TOOLS.includes(name))
      .sort(),
    Object.keys(modules).sort(),
  )
})

t.test('every function that asks the database has a case', async t => {
  const functions = Object.values(modules)
    .flatMap(module => Object.entries(module))
    .filter(([, value]) => typeof value === 'function' && /^[^(]*\(\s*(db|tx)\b/.test(String(value)))
    .map(([name]) => name)
  t.same(functions.sort(), Object.keys(cases).sort())
})

for (const [name, run] of Object.entries(cases))
  t.test(`${name} scans no growing table`, async t => {
    const statements = await collect(run)
    t.ok(statements.length > 0)
    for (const statement of statements) t.same(await fullScans(statement), [], statement.sql)
  })

async function tables(): Promise<string> {
  const all = await db.introspection.getTables()
  return all.map(({ name }) => name).join(', ')
}

/** Every statement goes through one method of Kysely, in transactions and outside. */
async function collect(run: () => Promise<unknown>): Promise<CompiledQuery[]> {
  const executors = baseOf(db)
  const original = executors.executeQuery
  const statements = new Map<string, CompiledQuery>()
  executors.executeQuery = function (query, ...rest) {
    if (/^(select|insert|update|delete)/i.test(query.sql)) statements.set(query.sql, query)
    return original.call(this, query, ...rest) as never
  }
  await run().finally(() => {
    executors.executeQuery = original
  })
  return [...statements.values()]
}

function baseOf(db: Kysely<Tables>): QueryExecutor {
  let executor = db.getExecutor()
  while (!Object.hasOwn(executor, 'executeQuery')) executor = Object.getPrototypeOf(executor)
  return executor
}

async function fullScans(statement: CompiledQuery): Promise<string[]> {
  // A row is put where it belongs, and nothing is looked for.
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
    .filter(({ table }) => table !== null && !SMALL.has(table))
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
    .filter(detail => !SMALL.has(detail.split(' ')[1] ?? ''))
    .filter(detail => !(limited && / USING .*INDEX /.test(detail)))
}
