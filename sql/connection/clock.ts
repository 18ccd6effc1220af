import { type Kysely, type RawBuilder, SqliteAdapter, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export function isSqlite(db: Kysely<Tables>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter
}

/** The database's time (ms since 1970) as an SQL expression: one clock for all processes, whatever theirs say. */
export function databaseNow(db: Kysely<Tables>): RawBuilder<number> {
  if (isSqlite(db)) return sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
  return sql<number>`cast(unix_timestamp(now(3)) * 1000 as signed)`
}

export async function readClock(db: Kysely<Tables>): Promise<number> {
  const { now } = await db.selectNoFrom(databaseNow(db).as('now')).executeTakeFirstOrThrow()
  return now
}
