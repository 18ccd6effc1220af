/** What is sent to webhooks, and what became of it: a row for each event and webhook. */
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import { slices } from './connection/slices.ts'
import { DAY_MS } from './expired-rows.ts'
import type { Tables } from './tables.ts'
import { nextId } from './time-ids.ts'
import type { WebhookRow } from './webhooks.ts'

declare module './tables.ts' {
  interface Tables {
    webhook_deliveries: WebhookDeliveriesTable
  }
}

export interface WebhookDeliveriesTable {
  id: string
  webhook_id: string
  event_id: string
  /** Whose the event is; null for that of a test. */
  user_id: Generated<number | null>
  type: string
  /** What of the same subject came earlier is delivered first. */
  subject: string
  /** The event's. */
  position: number
  /** JSON: the event, or the claims of the token that says so. */
  body: string
  /** `failed` ones were given up. */
  status: 'pending' | 'delivered' | 'failed'
  attempts: Generated<number>
  /** Of the last attempt; null if there was no response. */
  response_status: Generated<number | null>
  /** Why the last attempt failed. */
  error: Generated<string | null>
  created_at: number
  /** Time of the next attempt. A claim moves it ahead, so that what a killed process had claimed is picked up again. */
  due_at: number
  /** An attempt that fails after this time is the last. */
  gives_up_at: number
  attempted_at: Generated<number | null>
}

export type DeliveryRow = Selectable<WebhookDeliveriesTable>
export type NewDelivery = Pick<DeliveryRow, 'webhook_id' | 'event_id' | 'type' | 'subject' | 'position' | 'body'> &
  Partial<Pick<DeliveryRow, 'user_id' | 'due_at'>>

/** How long a delivery is attempted. */
export const ATTEMPTED_MS = DAY_MS

/** A time of the next attempt (ms since 1970) that is before those of all others. */
export const AT_ONCE = 0

/** Rows in one statement: SQLite takes 32,766 parameters, and a row has twelve. */
const ROWS_MAX = 2000

/** Adds those that are not there yet: an event that comes again changes nothing. */
export async function addDeliveries(tx: Transaction<Tables>, deliveries: NewDelivery[]): Promise<void> {
  const created_at = Date.now()
  for (const some of slices(deliveries, ROWS_MAX))
    await tx
      .insertInto('webhook_deliveries')
      .ignore()
      .values(
        some.map(delivery => ({
          id: nextId(),
          status: 'pending' as const,
          created_at,
          due_at: created_at,
          gives_up_at: created_at + ATTEMPTED_MS,
          ...delivery,
        })),
      )
      .execute()
}

/** Deletes the deliveries of a user who is being deleted, but those that tell of ended sessions: receivers that were away still accept them. */
export async function forgetDeliveries(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx
    .deleteFrom('webhook_deliveries')
    .where('user_id', '=', user_id)
    .where('type', '!=', 'session.deleted')
    .execute()
}

/** What is due for a webhook, the longest waiting first, and of each subject the earliest alone. */
export function listDueDeliveries(
  db: Kysely<Tables>,
  webhook_id: WebhookRow['id'],
  now: number,
  limit: number,
): Promise<DeliveryRow[]> {
  return db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook_id)
    .where('status', '=', 'pending')
    .where('due_at', '<=', now)
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('webhook_deliveries as earlier')
            .select('earlier.id')
            .whereRef('earlier.webhook_id', '=', 'webhook_deliveries.webhook_id')
            .whereRef('earlier.subject', '=', 'webhook_deliveries.subject')
            .where('earlier.status', '=', 'pending')
            .whereRef('earlier.position', '<', 'webhook_deliveries.position'),
        ),
      ),
    )
    .orderBy('due_at')
    .orderBy('position')
    .limit(limit)
    .execute()
}

/**
 * Claims one by compare-and-swap: one winner among any number of processes.
 * @param until when the claim ends (ms since 1970)
 */
export async function claimDelivery(
  db: Kysely<Tables>,
  seen: DeliveryRow,
  until: number,
): Promise<DeliveryRow | undefined> {
  const claimed = { due_at: until, attempts: seen.attempts + 1, attempted_at: Date.now() }
  const { numUpdatedRows } = await db
    .updateTable('webhook_deliveries')
    .set(claimed)
    .where('id', '=', seen.id)
    .where('status', '=', 'pending')
    .where('due_at', '=', seen.due_at)
    .executeTakeFirst()
  return numUpdatedRows === 1n ? { ...seen, ...claimed } : undefined
}

/** What became of a claimed one. */
export type Outcome = Pick<DeliveryRow, 'response_status' | 'error'> & Partial<Pick<DeliveryRow, 'status' | 'due_at'>>

/** Keeps what became of a claimed one; not if its claim had expired, but for a success. */
export async function settleDelivery(db: Kysely<Tables>, claimed: DeliveryRow, outcome: Outcome): Promise<void> {
  let query = db.updateTable('webhook_deliveries').set(outcome).where('id', '=', claimed.id)
  if (outcome.status !== 'delivered') query = query.where('status', '=', 'pending').where('due_at', '=', claimed.due_at)
  await query.execute()
}

/** Has what comes after one of the same subject wait as long: what only waits for another one must not be passed each time that what is due is looked for. */
export async function rescheduleLaterDeliveries(
  tx: Transaction<Tables>,
  { webhook_id, subject, position }: Pick<DeliveryRow, 'webhook_id' | 'subject' | 'position'>,
  due_at: number,
): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ due_at })
    .where('webhook_id', '=', webhook_id)
    .where('subject', '=', subject)
    .where('status', '=', 'pending')
    .where('position', '>', position)
    .execute()
}

/** A page of those of a webhook, newest first. @param before the last id of the previous page */
export function listDeliveries(
  db: Kysely<Tables>,
  { webhook_id, status }: Pick<DeliveryRow, 'webhook_id'> & { status?: DeliveryRow['status'] | undefined },
  limit: number,
  before?: string,
): Promise<Omit<DeliveryRow, 'body' | 'user_id'>[]> {
  let query = db
    .selectFrom('webhook_deliveries')
    .select([
      'id',
      'webhook_id',
      'event_id',
      'type',
      'subject',
      'position',
      'status',
      'attempts',
      'response_status',
      'error',
      'created_at',
      'due_at',
      'gives_up_at',
      'attempted_at',
    ])
    .where('webhook_id', '=', webhook_id)
    .orderBy('id', 'desc')
    .limit(limit)
  if (status !== undefined) query = query.where('status', '=', status)
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}

/** Makes one due before all others, as if it had not been attempted, and what waits for it after it; for another day. @returns false if the webhook has no such delivery */
export async function retryDelivery(
  tx: Transaction<Tables>,
  { id, webhook_id }: Pick<DeliveryRow, 'id' | 'webhook_id'>,
): Promise<boolean> {
  const seen = await tx
    .selectFrom('webhook_deliveries')
    .select(['webhook_id', 'subject', 'position'])
    .where('id', '=', id)
    .where('webhook_id', '=', webhook_id)
    .executeTakeFirst()
  if (!seen) return false
  const now = Date.now()
  await tx
    .updateTable('webhook_deliveries')
    .set({
      status: 'pending',
      attempts: 0,
      attempted_at: null,
      response_status: null,
      error: null,
      due_at: AT_ONCE,
      gives_up_at: now + ATTEMPTED_MS,
    })
    .where('id', '=', id)
    .execute()
  await rescheduleLaterDeliveries(tx, seen, now)
  return true
}
