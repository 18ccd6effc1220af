/** Kysely's dialect over node:sqlite. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteDialect } from 'kysely'

/**
 * Opens a database file, or creates it.
 * @param file path, or `:memory:`
 */
export function sqliteDialect(file: string): Dialect {
  const database = new DatabaseSync(file, { timeout: 2000 })
  // FULL: a committed transaction survives a power failure, not only a crash of the process.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    // Schema changes run once: not worth caching.
    if (/^(select|insert|update|delete|with|begin|commit|rollback)/i.test(sql)) statements.set(sql, statement)
    return statement
  }
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const statement = prepared(sql)
        const values = (parameters: readonly unknown[]) => parameters.map(scalar)
        return {
          reader: statement.columns().length > 0,
          all: parameters => statement.all(...values(parameters)),
          run: parameters => statement.run(...values(parameters)),
          iterate: parameters => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
        }
      },
    },
  })
}

/** Parameters must be scalars: an object from a request never reaches SQL. */
function scalar(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  throw new TypeError(`not a SQL parameter: ${typeof value}`)
}
