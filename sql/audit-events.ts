import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { Device } from './sessions.ts'
import type { EventKind, EventsTable, Tables } from './tables.ts'

/** Whose the failed logins with an unknown e-mail are. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

/** Writes a line of the account's security history; call it in the transaction that it tells of. */
export async function addEvent(
  db: Kysely<Tables>,
  event: { kind: EventKind; user_id: string; session_id: string | null } & Device,
): Promise<void> {
  await db
    .insertInto('events')
    .values({ id: randomUUIDv7(), created_at: Date.now(), ...event })
    .execute()
}

export type Event = Selectable<EventsTable>

/** A user's events before a key, newest first. */
export async function listEvents(
  db: Kysely<Tables>,
  user_id: string,
  limit: number,
  before?: string,
): Promise<Event[]> {
  let query = db.selectFrom('events').selectAll().where('user_id', '=', user_id).orderBy('id', 'desc').limit(limit)
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}
