/** How much waits to be delivered to webhooks. */
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'
import { timeOf } from './time-ids.ts'
import type { WebhookRow } from './webhooks.ts'

/** How many wait for each webhook; those that nothing waits for are left out. */
export async function waitingByWebhook(db: Kysely<Tables>, ids: WebhookRow['id'][]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('webhook_deliveries')
    .select(({ fn }) => ['webhook_id', fn.countAll<number>().as('waiting')])
    .where('webhook_id', 'in', ids)
    .where('status', '=', 'pending')
    .groupBy('webhook_id')
    .execute()
  return new Map(rows.map(({ webhook_id, waiting }) => [webhook_id, Number(waiting)]))
}

export interface WaitingDeliveries {
  waiting: number
  /** When the longest waiting one was queued (ms since 1970); null if none waits. */
  oldest_created_at: number | null
}

/** Of all webhooks that are enabled. Read from an index alone: ids begin with the time. */
export async function countWaitingDeliveries(db: Kysely<Tables>): Promise<WaitingDeliveries> {
  const enabled = await db.selectFrom('webhooks').select('id').where('enabled', '=', 1).execute()
  if (enabled.length === 0) return { waiting: 0, oldest_created_at: null }
  const ids = enabled.map(({ id }) => id)
  const { waiting, oldest } = await db
    .selectFrom('webhook_deliveries')
    .select(({ fn }) => [fn.countAll<number>().as('waiting'), fn.min<string | null>('id').as('oldest')])
    .where('webhook_id', 'in', ids)
    .where('status', '=', 'pending')
    .executeTakeFirstOrThrow()
  return { waiting: Number(waiting), oldest_created_at: oldest === null ? null : timeOf(oldest) }
}
