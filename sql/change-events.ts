/** Change events, for other services and open pages: written by the transaction that makes the change, read in the order of their positions. */
import { randomUUIDv7 } from 'node:crypto'
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Change, ChangeType } from './connection/changes.ts'
import { slices } from './connection/slices.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    change_events: ChangeEventsTable
  }
}

export interface ChangeEventsTable {
  /** In the order of insertion, in which transactions do not commit. */
  sequence: Generated<number>
  id: string
  /** Null until it is stamped, after the commit: see change-positions.ts. */
  position: Generated<number | null>
  type: ChangeType
  /** Whose it is. */
  user_id: number
  /** Null for the user. */
  resource_id: string | null
  /** The user who was logged in and did it, if anybody was. */
  actor_id: number | null
  /** JSON. */
  data: string
  created_at: number
}

export type ChangeEventRow = Selectable<ChangeEventsTable> & { position: number }

/** Rows in one statement: SQLite takes 32,766 parameters, and a row has seven. */
const ROWS_MAX = 4000

/** For `transaction`: everybody else notes what has changed (connection/changes.ts). */
export async function addChangeEvents(tx: Transaction<Tables>, changes: Change[]): Promise<void> {
  const created_at = Date.now()
  for (const some of slices(changes, ROWS_MAX))
    await tx
      .insertInto('change_events')
      .values(
        some.map(({ type, user_id, id, actor_id, data }) => ({
          id: randomUUIDv7(),
          type,
          user_id,
          resource_id: id ?? null,
          actor_id,
          data: JSON.stringify(data),
          created_at,
        })),
      )
      .execute()
}

/** A page of those after a position, in order; of one user, if given. */
export function listChangeEvents(
  db: Kysely<Tables>,
  after: number,
  limit: number,
  user_id?: number,
): Promise<ChangeEventRow[]> {
  let query = db
    .selectFrom('change_events')
    .selectAll()
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .$narrowType<{ position: number }>()
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  return query.execute()
}

/** The newest of all, newest first. */
export function listNewestChangeEvents(db: Kysely<Tables>, limit: number): Promise<ChangeEventRow[]> {
  return db
    .selectFrom('change_events')
    .selectAll()
    .where('position', '>', 0)
    .orderBy('position', 'desc')
    .limit(limit)
    .$narrowType<{ position: number }>()
    .execute()
}

/** Deletes the events of a user who is being deleted. */
export async function forgetChangeEvents(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx.deleteFrom('change_events').where('user_id', '=', user_id).execute()
}
