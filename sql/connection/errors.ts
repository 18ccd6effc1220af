/** Classifies database errors by what the caller can do about them. */

const codeOf = (error: unknown): string => {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' ? `SQLITE_${errcode}` : String(code ?? '')
}

/** https://www.sqlite.org/rescode.html: an extended code, such as IOERR_WRITE, ends in its primary code, IOERR. */
function primaryCodeOf(error: unknown): string {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' ? `SQLITE_${Number(errcode) & 0xff}` : String(code ?? '')
}

/** Another program holds the lock of the SQLite file. */
export function isBusy(error: unknown): boolean {
  return primaryCodeOf(error) === 'SQLITE_5'
}

/** The database takes no writes: the disk is full, or it is read-only. */
export function refusesWrites(error: unknown): boolean {
  return REFUSES_WRITES.has(primaryCodeOf(error))
}

/** A unique key was violated. */
export function isDuplicate(error: unknown): boolean {
  return DUPLICATE.has(codeOf(error))
}

/** For `catch`: what is to be inserted is there already. */
export function undefinedIfDuplicate(error: unknown): undefined {
  if (!isDuplicate(error)) throw error
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
    UNAVAILABLE.has(primaryCodeOf(error)) ||
    refusesWrites(error) ||
    /pool is closed|connection is in closed state/i.test(String((error as Error)?.message))
  )
}

// https://www.sqlite.org/rescode.html: CONSTRAINT_UNIQUE, CONSTRAINT_PRIMARYKEY
const DUPLICATE = new Set(['ER_DUP_ENTRY', 'SQLITE_2067', 'SQLITE_1555'])

const REFUSES_WRITES = new Set([
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_DISK_FULL',
  'ER_ERROR_DURING_COMMIT',
  'ER_ERROR_ON_WRITE',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_RECORD_FILE_FULL',
  'ER_TEMP_FILE_WRITE_FAILURE',
  // https://www.sqlite.org/rescode.html: READONLY, IOERR, FULL
  'SQLITE_8',
  'SQLITE_10',
  'SQLITE_13',
])

const UNAVAILABLE = new Set([
  'DATABASE_FILE_REPLACED',
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
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_NORMAL_SHUTDOWN',
  'ER_QUERY_INTERRUPTED',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_CONNECTION_KILLED',
  // https://www.sqlite.org/rescode.html: BUSY, LOCKED, CANTOPEN
  'SQLITE_5',
  'SQLITE_6',
  'SQLITE_14',
])
