/** Kysely's dialect over node:sqlite. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteDialect, type SqliteDialectConfig, type SqliteStatement } from 'kysely'
import { FileDriver } from './sqlite-driver.ts'

/**
 * Opens a database file, or creates it.
 * @param file path, or `:memory:`
 */
export function sqliteDialect(file: string): Dialect {
  const database = new DatabaseSync(file, { timeout: 2000 })
  // FULL: a committed transaction survives a power failure, not only a crash of the process.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  // What is deleted is overwritten: a deleted user's data must not remain in the file.
  database.exec('PRAGMA secure_delete = ON')
  // From here on the driver waits for other programs: SQLite would block the whole process meanwhile (ms).
  database.exec('PRAGMA busy_timeout = 2')
  const config = { database: kyselyDatabase(database) }
  return new FileDialect(config, () => new FileDriver(config, database, file))
}

class FileDialect extends SqliteDialect {
  readonly #createDriver: () => FileDriver

  constructor(config: SqliteDialectConfig, createDriver: () => FileDriver) {
    super(config)
    this.#createDriver = createDriver
  }

  override createDriver(): FileDriver {
    return this.#createDriver()
  }
}

function kyselyDatabase(database: DatabaseSync): SqliteDialectConfig['database'] {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql)
      if (known) return known
      const statement = kyselyStatement(database.prepare(sql))
      // Schema changes run once: not worth caching.
      if (/^(select|insert|update|delete|with|begin|commit|rollback)/i.test(sql)) statements.set(sql, statement)
      return statement
    },
  }
}

function kyselyStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters.map(scalar)
  return {
    reader: statement.columns().length > 0,
    all: parameters => statement.all(...values(parameters)),
    run: parameters => statement.run(...values(parameters)),
    iterate: parameters => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
  }
}

/** Parameters must be scalars: an object from a request never reaches SQL. */
function scalar(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  throw new TypeError(`not a SQL parameter: ${typeof value}`)
}
