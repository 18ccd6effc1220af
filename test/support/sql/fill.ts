/** Fills every table that has a row maker, so that a planner has reason to use an index. */
import type { Kysely } from 'kysely'
import type { Tables } from '#sql/tables.ts'
import type { SqlCases } from './cases.ts'
import { readCatalog } from './catalog.ts'

export const ROWS = 4000
const ROWS_PER_INSERT = 1000

export async function fillTables(db: Kysely<Tables>, all: SqlCases[], now: number): Promise<void> {
  const makers = new Map(all.flatMap(cases => ('row' in cases && cases.table ? [[cases.table, cases.row]] : [])))
  for (const table of await parentsFirst(db)) {
    const row = makers.get(table)
    if (!row) continue
    for (let first = 0; first < ROWS; first += ROWS_PER_INSERT) {
      const rows = Array.from({ length: ROWS_PER_INSERT }, (_, i) => row(first + i, now))
      await db.insertInto(table).values(rows).execute()
    }
  }
}

/** All tables, each after those that its foreign keys refer to. */
async function parentsFirst(db: Kysely<Tables>): Promise<(keyof Tables)[]> {
  const catalog = await readCatalog(db)
  const ordered = new Set<string>()
  function add(table: string): void {
    if (ordered.has(table)) return
    for (const key of catalog[table]?.foreignKeys ?? []) add(/→ (\w+)\./.exec(key)?.[1] ?? '')
    ordered.add(table)
  }
  for (const table of Object.keys(catalog)) add(table)
  return [...ordered] as (keyof Tables)[]
}
