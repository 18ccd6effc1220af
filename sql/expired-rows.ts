/** Deletion of expired rows in small batches, so that no lock is held for long. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** Rows of a table that expire a while after the time in one of their columns. */
export type ExpiringRows = { [Table in keyof Tables]: ExpiringRowsOf<Table> }[keyof Tables]

interface ExpiringRowsOf<Table extends keyof Tables> {
  table: Table
  /** The primary key. */
  key: keyof Tables[Table] & string
  /** A column of times (ms since 1970), with an index; rows where it is null stay. */
  time: keyof Tables[Table] & string
  /** How long rows are kept after that time (ms). */
  retentionMs: number
}

/** The unit of most retentions. */
export const DAY_MS = 86_400_000

const BATCH_SIZE = 500

/**
 * Deletes one batch. Keys are selected first, then deleted; the DELETE repeats the condition because a row may have been renewed in between.
 * @returns the number of rows deleted; 0 when nothing is left to do
 */
export async function deleteExpired(
  db: Kysely<Tables>,
  { table, key, time, retentionMs }: ExpiringRows,
): Promise<number> {
  const expired = sql`${sql.ref(time)} < ${Date.now() - retentionMs}`
  const { rows } = await sql<{
    key: string | number
  }>`select ${sql.ref(key)} as ${sql.ref('key')} from ${sql.table(table)} where ${expired} limit ${BATCH_SIZE}`.execute(
    db,
  )
  if (rows.length === 0) return 0
  const keys = sql.join(rows.map(row => row.key))
  const { numAffectedRows } =
    await sql`delete from ${sql.table(table)} where ${sql.ref(key)} in (${keys}) and ${expired}`.execute(db)
  return Number(numAffectedRows)
}
