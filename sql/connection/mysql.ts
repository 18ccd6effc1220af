/** Kysely's dialect over a mysql2 pool that the caller owns, with a timeout on every step. */
import { type Dialect, type DialectAdapter, MysqlDialect, type MysqlPool, type MysqlPoolConnection } from 'kysely'
import type { Pool, PoolConnection, QueryError } from 'mysql2'

export interface Limits {
  /** Timeout of the wait for a free connection (ms). */
  acquire: number
  /** Timeout of one statement (ms); 0 for none. */
  statement: number
}

/** Run on every new connection. The isolation level has a statement because MySQL and MariaDB name its variable differently. */
const SESSION_SETTINGS = [
  // Without daylight saving time: `now()` feeds expiries.
  `SET SESSION time_zone = '+00:00'`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION innodb_lock_wait_timeout = 2,
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
]

/** The database has given up a statement this long after we have (ms): else those that nobody waits for pile up. */
const MARGIN_MS = 500

/** MySQL and MariaDB each read their own comment. */
const executionLimit = (ms: number) =>
  `SET SESSION wait_timeout = @@wait_timeout /*!80000 , SESSION max_execution_time = ${ms} */ /*M!100100 , SESSION max_statement_time = ${ms / 1000} */`

/**
 * Options that every pool needs. `stringifyObjects` keeps an object in a parameter from expanding into SQL. BIGINT columns and insert ids
 * come back as numbers, mysql2's default: ids and times stay far below 2^53.
 */
export const POOL_OPTIONS = {
  stringifyObjects: true,
  connectTimeout: 2000,
  enableKeepAlive: true,
  charset: 'utf8mb4_bin',
} as const

/** @param queue updated with the number of callers that wait for a connection */
export function mysqlDialect(pool: Pool, limits: Limits, queue = { waiting: 0 }): Dialect {
  pool.on('connection', connection => {
    for (const setting of SESSION_SETTINGS) connection.query(setting)
    if (limits.statement > 0) connection.query(executionLimit(limits.statement + MARGIN_MS))
  })
  const limited: MysqlPool = {
    getConnection: callback => acquire(pool, limits, queue, callback),
    end: callback => callback(undefined),
  }
  return new LocklessMysqlDialect({ pool: limited })
}

/** Without Kysely's migration lock, which has one name for all databases of a server: `migrator.ts` takes one of this database. */
class LocklessMysqlDialect extends MysqlDialect {
  override createAdapter(): DialectAdapter {
    return Object.assign(super.createAdapter(), {
      acquireMigrationLock: async () => {},
      releaseMigrationLock: async () => {},
    })
  }
}

/** The database did not respond in time: it is frozen, unreachable, or out of connections. */
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
    callback(new DatabaseTimeout('no free connection in time'), none)
  }, limits.acquire)
  pool.getConnection((error, connection) => {
    clearTimeout(timer)
    if (!waiting) return connection?.release()
    queue.waiting--
    if (error) return callback(error, none)
    callback(null, withTimeout(connection, limits.statement))
  })
}

/** A connection whose statements time out. The result of a timed-out statement may still arrive, so the connection is destroyed instead of reused. */
function withTimeout(connection: PoolConnection, timeoutMs: number): MysqlPoolConnection {
  let broken: Error | undefined

  function query(sql: string, parameters: readonly unknown[], callback?: (error: unknown, result: unknown) => void) {
    if (!callback) return connection.query(sql, parameters as unknown[])
    if (broken) return callback(broken, undefined)
    let waiting = true
    const settle = (error: QueryError | Error | null, result?: unknown) => {
      if (!waiting) return
      waiting = false
      clearTimeout(timer)
      if (error && breaksConnection(error)) broken = error
      callback(error, result)
    }
    const timer =
      timeoutMs > 0 ? setTimeout(() => settle(new DatabaseTimeout('no response in time')), timeoutMs) : undefined
    connection.query(sql, parameters as unknown[], settle)
  }

  return {
    threadId: connection.threadId,
    query,
    release: () => (broken ? connection.destroy() : connection.release()),
    destroy: () => connection.destroy(),
  } as unknown as MysqlPoolConnection
}

/** A read-only error ends the connection too: after a failover, a new connection reaches the new primary. */
function breaksConnection(error: Error & { code?: string; fatal?: boolean }): boolean {
  return error.fatal === true || error instanceof DatabaseTimeout || READ_ONLY.has(error.code ?? '')
}

const READ_ONLY = new Set([
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
])
