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
  /** A consumer's; `head`: the last position that was given; `expired`: the last that is no longer kept. */
  name: string
  position: number
}

const HEAD = 'head'
const EXPIRED = 'expired'

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
 * Gives positions to events that are committed: greater than all before, and in the order of insertion, which is that of the changes of each resource.
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

/** Deletes some events that were written before a time (ms since 1970), and remembers how far. @returns how many */
export function expireChangeEvents(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  return transaction(db, async tx => {
    const rows = await tx
      .selectFrom('change_events')
      .select(['sequence', 'position'])
      .where('created_at', '<', before)
      .where('position', 'is not', null)
      .orderBy('created_at')
      .limit(limit)
      .$narrowType<{ position: number }>()
      .execute()
    if (rows.length === 0) return 0
    const last = Math.max(...rows.map(({ position }) => position))
    await tx.insertInto('event_cursors').ignore().values({ name: EXPIRED, position: last }).execute()
    await tx
      .updateTable('event_cursors')
      .set({ position: last })
      .where('name', '=', EXPIRED)
      .where('position', '<', last)
      .execute()
    await tx
      .deleteFrom('change_events')
      .where(
        'sequence',
        'in',
        rows.map(({ sequence }) => sequence),
      )
      .execute()
    return rows.length
  })
}

/** The last position that has expired; all after it are kept. */
export const expiredPosition = (db: Kysely<Tables>): Promise<number> => positionOf(db, EXPIRED)

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

/** The position that a consumer has read; 0 if it has never read. */
async function positionOf(db: Kysely<Tables>, name: string): Promise<number> {
  const cursor = await db.selectFrom('event_cursors').select('position').where('name', '=', name).executeTakeFirst()
  return cursor?.position ?? 0
}

/** When the event was written that a consumer has left unread for longest (ms since 1970); undefined if there is none. */
export async function oldestUnread(db: Kysely<Tables>, name: string): Promise<number | undefined> {
  const events = db.selectFrom('change_events').select('created_at').limit(1)
  const stamped = events.where('position', '>', await positionOf(db, name)).orderBy('position')
  const unstamped = events.where('position', 'is', null).orderBy('sequence')
  const oldest = (await stamped.executeTakeFirst()) ?? (await unstamped.executeTakeFirst())
  return oldest?.created_at
}

/** How many events a consumer has yet to read; at most `most`, which is how many positions are looked at. */
export async function countUnread(db: Kysely<Tables>, name: string, most: number): Promise<number> {
  const position = await positionOf(db, name)
  const { count } = await db
    .selectFrom('change_events')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('position', '>', position)
    .where('position', '<=', position + most)
    .executeTakeFirstOrThrow()
  return Number(count)
}
