import { setTimeout as pause } from 'node:timers/promises'
import { type Kysely, SqliteAdapter, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { isBusy } from './errors.ts'

/** How often a process that waits tries again (ms). */
const RETRY_MS = 200

type Work<T> = (connection: Kysely<Tables>) => Promise<T>

/**
 * Runs `work` on one connection while no other process migrates this database. Waits for another's migration, however long it takes.
 * @param onWait called once if it has to wait
 */
export async function withMigrationLock<T>(db: Kysely<Tables>, onWait: () => void, work: Work<T>): Promise<T> {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter
  const acquire = isSqlite ? beginImmediate : getNamedLock
  const run = isSqlite ? finishTransaction : releaseNamedLock
  return db.connection().execute(async connection => {
    for (let attempt = 1; !(await acquire(connection)); attempt++) {
      if (attempt === 1) onWait()
      await pause(RETRY_MS)
    }
    return run(connection, work)
  })
}

/** SQLite has no named locks. Its write lock serves, so all migrations are one transaction. */
async function beginImmediate(connection: Kysely<Tables>): Promise<boolean> {
  try {
    await sql`BEGIN IMMEDIATE`.execute(connection)
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  }
}

async function finishTransaction<T>(connection: Kysely<Tables>, work: Work<T>): Promise<T> {
  try {
    const result = await work(connection)
    await sql`COMMIT`.execute(connection)
    return result
  } catch (error) {
    // A full disk has rolled it back already.
    await sql`ROLLBACK`.execute(connection).catch(() => {})
    throw error
  }
}

/** Named after the database, in 64 characters: lock names belong to the server, and a migration of another database must not delay ours. The lock ends with the connection. */
const NAME = sql`concat('holocron-', left(sha2(database(), 256), 48))`

async function getNamedLock(connection: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ acquired: number }>`select get_lock(${NAME}, 0) as acquired`.execute(connection)
  return rows[0]?.acquired === 1
}

function releaseNamedLock<T>(connection: Kysely<Tables>, work: Work<T>): Promise<T> {
  return work(connection).finally(() => sql`select release_lock(${NAME})`.execute(connection))
}
