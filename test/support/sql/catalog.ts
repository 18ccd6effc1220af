/** Reads a database's catalog into one form for both dialects, so that their tables can be compared. */
import { type Kysely, SqliteAdapter, sql } from 'kysely'
import type { Tables } from '#sql/tables.ts'

export interface TableShape {
  /** In their order: `name family`, with `null` if nullable, and the default if there is one. */
  columns: string[]
  primaryKey: string[]
  /** The columns of each, joined by commas, without primary keys. */
  unique: string[]
  indexes: string[]
  foreignKeys: string[]
}

export type Catalog = Record<string, TableShape>

/** Kysely has two tables of its own. */
const OURS = (name: string) => !name.startsWith('kysely_') && !name.startsWith('sqlite_')

export function readCatalog(db: Kysely<Tables>): Promise<Catalog> {
  return db.getExecutor().adapter instanceof SqliteAdapter ? readSqlite(db) : readMysql(db)
}

/** Both dialects have numbers and text; only MySQL has widths. */
function family(type: string): string {
  if (/int/i.test(type)) return 'integer'
  if (/char|text/i.test(type)) return 'text'
  return type
}

function column(name: string, type: string, nullable: boolean, fallback: unknown): string {
  const withDefault = fallback === null || fallback === 'NULL' ? '' : ` default ${fallback}`
  return `${name} ${family(type)}${nullable ? ' null' : ''}${withDefault}`
}

interface IndexPart {
  name: string
  unique: boolean
  column: string
}

function indexesOf(parts: IndexPart[], unique: boolean): string[] {
  const byName = Map.groupBy(
    parts.filter(part => part.unique === unique),
    part => part.name,
  )
  return [...byName.values()].map(own => own.map(part => part.column).join(',')).sort()
}

async function readSqlite(db: Kysely<Tables>): Promise<Catalog> {
  const rows = async <Row>(query: string) => (await sql.raw<Row>(query).execute(db)).rows
  const names = await rows<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
  const tables = names.map(({ name }) => name).filter(OURS)
  const shapes = tables.map(async table => {
    const columns = await rows<{ name: string; type: string; notnull: number; dflt_value: string | null; pk: number }>(
      `PRAGMA table_info(${table})`,
    )
    const indexes = await rows<{ name: string; unique: number; origin: string }>(`PRAGMA index_list(${table})`)
    const parts = indexes
      .filter(({ origin }) => origin !== 'pk')
      .map(async ({ name, unique }) =>
        (await rows<{ name: string }>(`PRAGMA index_info(${name})`)).map(part => ({
          name,
          unique: unique === 1,
          column: part.name,
        })),
      )
    const keys = await rows<{ from: string; table: string; to: string; on_delete: string }>(
      `PRAGMA foreign_key_list(${table})`,
    )
    const flat = (await Promise.all(parts)).flat()
    const shape: TableShape = {
      columns: columns.map(each => column(each.name, each.type, each.notnull === 0, each.dflt_value)),
      primaryKey: columns
        .filter(({ pk }) => pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map(({ name }) => name),
      unique: indexesOf(flat, true),
      indexes: indexesOf(flat, false),
      foreignKeys: keys.map(key => `${key.from} → ${key.table}.${key.to} on delete ${key.on_delete}`).sort(),
    }
    return [table, shape] as const
  })
  return Object.fromEntries(await Promise.all(shapes))
}

async function readMysql(db: Kysely<Tables>): Promise<Catalog> {
  const columns = await sql<{ t: string; name: string; type: string; nullable: string; fallback: string | null }>`
    SELECT table_name AS t, column_name AS name, data_type AS type, is_nullable AS nullable, column_default AS fallback
    FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`.execute(db)
  const indexes = await sql<{ t: string; name: string; shared: number; part: string }>`
    SELECT table_name AS t, index_name AS name, non_unique AS shared, column_name AS part
    FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index`.execute(
    db,
  )
  const keys = await sql<{ t: string; source: string; target: string; part: string; rule: string }>`
    SELECT k.table_name AS t, k.column_name AS source, k.referenced_table_name AS target, k.referenced_column_name AS part,
      r.delete_rule AS rule
    FROM information_schema.key_column_usage k
    JOIN information_schema.referential_constraints r
      ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
    WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL`.execute(db)

  const tables = [...new Set(columns.rows.map(({ t }) => t))].filter(OURS)
  const shapes = tables.map(table => {
    const own = indexes.rows.filter(({ t }) => t === table)
    const parts = own
      .filter(({ name }) => name !== 'PRIMARY')
      .map(({ name, shared, part }) => ({ name, unique: Number(shared) === 0, column: part }))
    const shape: TableShape = {
      columns: columns.rows
        .filter(({ t }) => t === table)
        .map(each => column(each.name, each.type, each.nullable === 'YES', each.fallback)),
      primaryKey: own.filter(({ name }) => name === 'PRIMARY').map(({ part }) => part),
      unique: indexesOf(parts, true),
      indexes: indexesOf(parts, false),
      foreignKeys: keys.rows
        .filter(({ t }) => t === table)
        .map(key => `${key.source} → ${key.target}.${key.part} on delete ${key.rule}`)
        .sort(),
    }
    return [table, shape] as const
  })
  return Object.fromEntries(shapes)
}

/** Translates a MySQL statement for SQLite, to compare the dialects without a MySQL. */
export function mysqlToSqlite(statement: string): string[] {
  const [, altered] = /^ALTER TABLE (\w+)\s+(?:ADD|DROP) KEY/.exec(statement) ?? []
  if (altered) return indexChanges(altered, statement)
  const [, table] = /CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement) ?? []
  const indexes = [...statement.matchAll(/^\s*KEY (\w+) (\(.*?\)),?$/gm)]
  const translated = withAutoIncrement(statement)
    .replaceAll(/^\s*KEY .*$/gm, '')
    .replaceAll(/UNIQUE KEY \w+/g, 'UNIQUE')
    .replaceAll(/ CHARACTER SET \w+ COLLATE \w+/g, '')
    .replace(/\) ENGINE = .*$/, ')')
    .replaceAll(/,(\s*\))/g, '$1')
  return [translated, ...indexes.map(([, name, columns]) => `CREATE INDEX ${name} ON ${table} ${columns}`)]
}

/** `ALTER TABLE … ADD KEY name (columns), DROP KEY name`. */
function indexChanges(table: string, statement: string): string[] {
  const changes = statement.matchAll(/(ADD|DROP) KEY (\w+)(?: (\(.*?\)))?/g)
  return [...changes].map(([, verb, name, columns]) =>
    verb === 'ADD' ? `CREATE INDEX ${name} ON ${table} ${columns}` : `DROP INDEX ${name}`,
  )
}

/** SQLite's counter belongs to the column of the primary key. */
function withAutoIncrement(statement: string): string {
  if (!statement.includes(' AUTO_INCREMENT')) return statement
  return statement
    .replace(/(\w+) BIGINT NOT NULL AUTO_INCREMENT/, '$1 INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT')
    .replace(/^\s*PRIMARY KEY \(\w+\),?$/m, '')
}
