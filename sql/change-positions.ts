/**
 * Positions of change events. Transactions commit in another order than they insert, so a reader that follows the order of insertion would skip some.
 * Events are therefore stamped after their commit, by one process at a time: whoever has locked the row of the head.
 */
import type { Kysely } from 'kysely'
import { transaction } from './connection/transaction.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    event_cursors: EventCursorsTable
  }
}

export interface EventCursorsTable {
  /** A consumer's, or `head`: the last position that was given. */
  name: string
  position: number
}

const HEAD = 'head'

export interface Head {
  position: number
  /** Whether events wait to be stamped. */
  isBehind: boolean
}

export async function readHead(db: Kysely<Tables>): Promise<Head> {
  const row = await db
    .selectFrom('event_cursors')
    .select('position')
    .select(eb =>
      eb
        .exists(eb.selectFrom('change_events').select('sequence').where('position', 'is', null).limit(1))
        .as('isBehind'),
    )
    .where('name', '=', HEAD)
    .executeTakeFirst()
  return { position: row?.position ?? 0, isBehind: Boolean(row?.isBehind) }
}

/**
 * Gives positions to events that are committed: greater than all before, and in the order of insertion, which is that of the changes of each thing.
 * They become visible together. @returns how many there were
 */
export function stampChangeEvents(db: Kysely<Tables>, limit: number): Promise<number> {
  return transaction(db, async tx => {
    await tx
      .updateTable('event_cursors')
      .set(eb => ({ position: eb.ref('position') }))
      .where('name', '=', HEAD)
      .execute()
    const head = await tx
      .selectFrom('event_cursors')
      .select('position')
      .where('name', '=', HEAD)
      .executeTakeFirstOrThrow()
    const rows = await tx
      .selectFrom('change_events')
      .select('sequence')
      .where('position', 'is', null)
      .orderBy('sequence')
      .limit(limit)
      .execute()
    const [first, last] = [rows[0], rows.at(-1)]
    if (!first || !last) return 0
    // One that committed late has an earlier number than those already stamped.
    const shift = Math.max(0, head.position + 1 - first.sequence)
    await tx
      .updateTable('change_events')
      .set(eb => ({ position: eb('sequence', '+', shift) }))
      .where(
        'sequence',
        'in',
        rows.map(({ sequence }) => sequence),
      )
      .execute()
    await tx
      .updateTable('event_cursors')
      .set({ position: last.sequence + shift })
      .where('name', '=', HEAD)
      .execute()
    return rows.length
  })
}

/** The first position that is kept; undefined if there is none. */
export async function oldestPosition(db: Kysely<Tables>): Promise<number | undefined> {
  const row = await db
    .selectFrom('change_events')
    .select('position')
    .where('position', 'is not', null)
    .orderBy('position')
    .limit(1)
    .executeTakeFirst()
  return row?.position ?? undefined
}

/** How far a consumer has read. One that is new begins at `start`. */
export async function readCursor(db: Kysely<Tables>, name: string, start: number): Promise<number> {
  await db.insertInto('event_cursors').ignore().values({ name, position: start }).execute()
  const row = await db.selectFrom('event_cursors').select('position').where('name', '=', name).executeTakeFirstOrThrow()
  return row.position
}

/** Returns false if another process has moved it. */
export async function moveCursor(db: Kysely<Tables>, name: string, from: number, to: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('event_cursors')
    .set({ position: to })
    .where('name', '=', name)
    .where('position', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export interface Backlog {
  waiting: number
  /** When the longest waiting event was written (ms since 1970); null if none waits. */
  oldest_created_at: number | null
}

/** What a consumer has yet to read; all of it if it has never read. */
export async function backlogOf(db: Kysely<Tables>, name: string): Promise<Backlog> {
  const cursor = await db.selectFrom('event_cursors').select('position').where('name', '=', name).executeTakeFirst()
  const stamped = db.selectFrom('change_events').where('position', '>', cursor?.position ?? 0)
  const fresh = db.selectFrom('change_events').where('position', 'is', null)
  let waiting = 0
  let oldest: number | null = null
  for (const part of [stamped.orderBy('position'), fresh.orderBy('sequence')]) {
    const first = await part.select('created_at').limit(1).executeTakeFirst()
    oldest ??= first?.created_at ?? null
  }
  for (const part of [stamped, fresh]) {
    const { count } = await part.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
    waiting += Number(count)
  }
  return { waiting, oldest_created_at: oldest }
}
