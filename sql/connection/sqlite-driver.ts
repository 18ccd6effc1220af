/** Kysely's SQLite driver for a file that other programs may lock, fill up, delete or replace. */
import { type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely'
import { isBusy } from './errors.ts'

/** Maximum wait for other programs' locks (ms). */
const BUSY_MAX_MS = 2000
const RETRY_MS = 10

/** The file was deleted or replaced: what is written to the open one is lost at the next start. */
export class DatabaseFileReplaced extends Error {
  readonly code = 'DATABASE_FILE_REPLACED'
}

export class FileDriver extends SqliteDriver {
  readonly #database: DatabaseSync
  readonly #file: string
  #connection: FileConnection | undefined

  constructor(config: SqliteDialectConfig, database: DatabaseSync, file: string) {
    super(config)
    this.#database = database
    this.#file = file
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#connection ??= new FileConnection(await super.acquireConnection(), this.#database, this.#file)
    return this.#connection
  }

  /** Takes the write lock at once: a transaction that begins with a read could not wait for it later. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** SQLite itself rolls back when the disk is full. A second rollback would fail, and hide the reason. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }
}

class FileConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection
  readonly #database: DatabaseSync
  readonly #isSameFile: () => boolean
  /** Since when another program has held the lock. The next statements do not wait as long again. */
  #busySince: number | undefined

  constructor(connection: DatabaseConnection, database: DatabaseSync, file: string) {
    this.#connection = connection
    this.#database = database
    this.#isSameFile = watch(file)
  }

  /** Waits for locks without blocking the process. */
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#database.isTransaction && !this.#isSameFile())
      throw new DatabaseFileReplaced('the database file was deleted or replaced: restart the service')
    for (;;) {
      try {
        const result = await this.#connection.executeQuery<R>(query)
        this.#busySince = undefined
        return result
      } catch (error) {
        if (!isBusy(error)) throw error
        this.#busySince ??= performance.now()
        if (performance.now() - this.#busySince > BUSY_MAX_MS) throw error
        await pause(RETRY_MS)
      }
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery(query, chunkSize ?? 1)
  }
}

/** Whether the path still leads to the file that is open now. */
function watch(file: string): () => boolean {
  if (file === ':memory:') return () => true
  const identity = (stats: Stats | undefined) => stats && `${stats.dev}:${stats.ino}`
  const opened = identity(statSync(file))
  return () => identity(statSync(file, { throwIfNoEntry: false })) === opened
}
