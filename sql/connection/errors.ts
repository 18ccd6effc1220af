/** Classifies database errors by what the caller can do about them. */

const codeOf = (error: unknown): string => {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' ? `SQLITE_${errcode}` : String(code ?? '')
}

/** A unique key was violated. */
export function isDuplicate(error: unknown): boolean {
  return DUPLICATE.has(codeOf(error))
}

/** The transaction was rolled back and can be retried as it is. */
export function isRetryable(error: unknown): boolean {
  return codeOf(error) === 'ER_LOCK_DEADLOCK'
}

/** The table does not exist. */
export function isMissingTable(error: unknown): boolean {
  return codeOf(error) === 'ER_NO_SUCH_TABLE' || /^no such table/.test(String((error as Error)?.message))
}

/** The database is down, frozen, full, read-only or busy: try again later. */
export function isUnavailable(error: unknown): boolean {
  return (
    UNAVAILABLE.has(codeOf(error)) ||
    /pool is closed|connection is in closed state/i.test(String((error as Error)?.message))
  )
}

// https://www.sqlite.org/rescode.html: CONSTRAINT_UNIQUE, CONSTRAINT_PRIMARYKEY
const DUPLICATE = new Set(['ER_DUP_ENTRY', 'SQLITE_2067', 'SQLITE_1555'])

const UNAVAILABLE = new Set([
  'DATABASE_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_CON_COUNT_ERROR',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_NORMAL_SHUTDOWN',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_QUERY_INTERRUPTED',
  'ER_READ_ONLY_MODE',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_CONNECTION_KILLED',
  // https://www.sqlite.org/rescode.html: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
  'SQLITE_5',
  'SQLITE_6',
  'SQLITE_8',
  'SQLITE_10',
  'SQLITE_13',
  'SQLITE_14',
])
