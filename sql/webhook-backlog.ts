/** How much waits to be delivered to webhooks. */
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'
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

/** Of all webhooks that are enabled. The ids are UUIDs of version 7: the first is the oldest. */
export async function countWaitingDeliveries(db: Kysely<Tables>): Promise<WaitingDeliveries> {
  const perWebhook = await db
    .selectFrom('webhooks')
    .where('enabled', '=', 1)
    .select(({ selectFrom }) => {
      const waiting = selectFrom('webhook_deliveries')
        .whereRef('webhook_deliveries.webhook_id', '=', 'webhooks.id')
        .where('webhook_deliveries.status', '=', 'pending')
      return [
        waiting.select(({ fn }) => fn.countAll<number>().as('waiting')).as('waiting'),
        waiting
          .select('webhook_deliveries.created_at')
          .orderBy('webhook_deliveries.id')
          .limit(1)
          .as('oldest_created_at'),
      ]
    })
    .execute()
  const oldest = perWebhook.flatMap(({ oldest_created_at }) => oldest_created_at ?? [])
  return {
    waiting: perWebhook.reduce((sum, { waiting }) => sum + Number(waiting), 0),
    oldest_created_at: oldest.length > 0 ? Math.min(...oldest) : null,
  }
}
