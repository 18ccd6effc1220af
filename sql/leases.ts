/** Leases: one process at a time does a piece of background work, and the lease of one that died expires by itself. */
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    leases: LeasesTable
  }
}

export interface LeasesTable {
  name: string
  leased_until: number
}

/**
 * Acquires a lease if no other process holds it.
 * @param until ms since 1970
 */
export async function takeLease(db: Kysely<Tables>, name: string, until: number): Promise<boolean> {
  await db.insertInto('leases').ignore().values({ name, leased_until: 0 }).execute()
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ leased_until: until })
    .where('name', '=', name)
    .where('leased_until', '<', Date.now())
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** A small write: it fails if the database takes none. Unlike a lease it depends on no clock. */
export async function probeWrites(db: Kysely<Tables>): Promise<void> {
  await db.insertInto('leases').ignore().values({ name: 'health', leased_until: 0 }).execute()
  await db
    .updateTable('leases')
    // A value that stays the same would not be written.
    .set(eb => ({ leased_until: eb('leased_until', '+', 1) }))
    .where('name', '=', 'health')
    .execute()
}

/** Extends the lease that ends at `from`. Returns false if another process has taken it over. */
export async function renewLease(db: Kysely<Tables>, name: string, from: number, until: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ leased_until: until })
    .where('name', '=', name)
    .where('leased_until', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Releases the lease that ends at `until`, unless another process has taken it over. */
export async function releaseLease(db: Kysely<Tables>, name: string, until: number): Promise<void> {
  await db
    .updateTable('leases')
    .set({ leased_until: 0 })
    .where('name', '=', name)
    .where('leased_until', '=', until)
    .execute()
}
