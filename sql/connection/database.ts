import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, type LogEvent } from 'kysely'
import type { Tables } from '../tables.ts'
import { mysqlDialect, POOL_OPTIONS } from './mysql.ts'
import { parseMysqlUrl } from './mysql-url.ts'
import { sqliteDialect } from './sqlite.ts'

/**
 * Opens a database without statement timeouts, for migrations and scripts. `destroy()` closes it.
 * @param url `sqlite:path` or `mysql://…`
 */
export async function openDatabase(url: string): Promise<Kysely<Tables>> {
  if (url.startsWith('sqlite:')) return openSqlite(url)
  // Loaded on demand: the embedded profile starts faster without it.
  const { createPool } = await import('mysql2')
  const pool = createPool({ ...parseMysqlUrl(url), connectionLimit: 2, ...POOL_OPTIONS })
  const db = new Kysely<Tables>({ dialect: mysqlDialect(pool, { acquire: 30_000, statement: 0 }) })
  const destroy = db.destroy.bind(db)
  db.destroy = async () => {
    await destroy()
    await pool.promise().end()
  }
  return db
}

/** Opens an embedded database. What is missing of file and folder is created for the service's own user only: it holds e-mail addresses and hashes. */
export function openSqlite(url: string, log?: (event: LogEvent) => void): Kysely<Tables> {
  const file = url.slice('sqlite:'.length)
  if (file !== ':memory:') createPrivately(file)
  return new Kysely<Tables>({ dialect: sqliteDialect(file), ...(log && { log }) })
}

/** SQLite gives `-wal` and `-shm` the mode of the database file, and would create that one readable by everybody. */
function createPrivately(file: string): void {
  if (existsSync(file)) return
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
}
