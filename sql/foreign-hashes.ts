/** The foreign password hashes that accounts hold: the costliest of each algorithm. Failed logins take as long as the slowest. */
import type { Kysely, Selectable } from 'kysely'
import { isDuplicate } from './connection/errors.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    foreign_hashes: ForeignHashesTable
  }
}

export interface ForeignHashesTable {
  algorithm: string
  /** Comparable within one algorithm. */
  work: number
  /** A hash that takes as much work and matches no password. */
  sample: string
}

export type ForeignHashKind = Selectable<ForeignHashesTable>

export async function listForeignHashes(db: Kysely<Tables>): Promise<ForeignHashKind[]> {
  return db.selectFrom('foreign_hashes').selectAll().execute()
}

/** Replaces a known hash of the same algorithm if this one takes more work. */
export async function recordForeignHash(db: Kysely<Tables>, kind: ForeignHashKind): Promise<void> {
  const { algorithm, work, sample } = kind
  const { numUpdatedRows } = await db
    .updateTable('foreign_hashes')
    .set({ work, sample })
    .where('algorithm', '=', algorithm)
    .where('work', '<', work)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return
  const known = await db
    .selectFrom('foreign_hashes')
    .select('work')
    .where('algorithm', '=', algorithm)
    .executeTakeFirst()
  if (known) return
  try {
    await db.insertInto('foreign_hashes').values({ algorithm, work, sample }).execute()
  } catch (error) {
    // Another process inserted one at the same time, perhaps with less work.
    if (isDuplicate(error)) return recordForeignHash(db, kind)
    throw error
  }
}
