/** Kysely on a mysql2 pool that belongs to somebody else, with a time limit on every step. */
import { type Dialect, MysqlDialect, type MysqlPool, type MysqlPoolConnection } from 'kysely'
import type { Pool, PoolConnection, QueryError } from 'mysql2'

export interface Limits {
  /** Wait for a free connection at most so long (ms). */
  acquire: number
  /** Wait for one statement's answer at most so long (ms); 0 for ever. */
  statement: number
}

/** What every connection is told before its first statement. MySQL and MariaDB name the variable of the isolation level differently. */
const SESSION_SETTINGS = [
  // A clock without summer time: `now()` feeds expiries.
  `SET SESSION time_zone = '+00:00'`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION innodb_lock_wait_timeout = 2,
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
]

/** Options that a pool needs: `stringifyObjects` keeps an object in a parameter from expanding into SQL. */
export const POOL_OPTIONS = {
  stringifyObjects: true,
  connectTimeout: 2000,
  enableKeepAlive: true,
  charset: 'utf8mb4_bin',
} as const

/** @param queue kept up to date: how many wait for a free connection */
export function mysqlDialect(pool: Pool, limits: Limits, queue = { waiting: 0 }): Dialect {
  pool.on('connection', connection => {
    for (const setting of SESSION_SETTINGS) connection.query(setting)
  })
  const limited: MysqlPool = {
    getConnection: callback => acquire(pool, limits, queue, callback),
    end: callback => callback(undefined),
  }
  return new MysqlDialect({ pool: limited })
}

/** The answer did not come in time: the database is frozen, cut off, or out of connections. */
export class DatabaseTimeout extends Error {
  readonly code = 'DATABASE_TIMEOUT'
}

function acquire(
  pool: Pool,
  limits: Limits,
  queue: { waiting: number },
  callback: (error: unknown, connection: MysqlPoolConnection) => void,
): void {
  const none = undefined as unknown as MysqlPoolConnection
  let waiting = true
  queue.waiting++
  const timer = setTimeout(() => {
    waiting = false
    queue.waiting--
    callback(new DatabaseTimeout('no connection became free in time'), none)
  }, limits.acquire)
  pool.getConnection((error, connection) => {
    clearTimeout(timer)
    if (!waiting) return connection?.release()
    queue.waiting--
    if (error) return callback(error, none)
    callback(null, limit(connection, limits.statement))
  })
}

/** A connection that gives up on a statement after `milliseconds`; its answer could still come, so such a connection is never used again. */
function limit(connection: PoolConnection, milliseconds: number): MysqlPoolConnection {
  let broken: Error | undefined

  function query(sql: string, parameters: readonly unknown[], callback?: (error: unknown, result: unknown) => void) {
    if (!callback) return connection.query(sql, parameters as unknown[])
    if (broken) return callback(broken, undefined)
    let waiting = true
    const answer = (error: QueryError | Error | null, result?: unknown) => {
      if (!waiting) return
      waiting = false
      clearTimeout(timer)
      if (error && endsConnection(error)) broken = error
      callback(error, result)
    }
    const timer =
      milliseconds > 0 ? setTimeout(() => answer(new DatabaseTimeout('no answer in time')), milliseconds) : undefined
    connection.query(sql, parameters as unknown[], answer)
  }

  return {
    threadId: connection.threadId,
    query,
    release: () => (broken ? connection.destroy() : connection.release()),
    destroy: () => connection.destroy(),
  } as unknown as MysqlPoolConnection
}

/** A read-only answer ends the connection too: after a fail-over the next one leads to the new primary. */
function endsConnection(error: Error & { code?: string; fatal?: boolean }): boolean {
  return error.fatal === true || error instanceof DatabaseTimeout || READ_ONLY.has(error.code ?? '')
}

const READ_ONLY = new Set([
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
])
