import type { FastifyInstance } from 'fastify'
import { createWorker, type Worker } from '#sql/queue-worker.ts'
import { claimDelivery, type DeliveryRow, listDueDeliveries } from '#sql/webhook-deliveries.ts'
import { listReadyWebhooks } from '#sql/webhooks.ts'

/** Of a process, and of these to one webhook: one that is slow leaves room for others. */
const MAX_CONCURRENT = 20
const MAX_CONCURRENT_PER_WEBHOOK = 4

/** For what a delivery does besides the request (ms). */
const MARGIN_MS = 5_000

type Deliver = (delivery: DeliveryRow, signal: AbortSignal) => Promise<void>

export function deliveryWorker({ config, db, log, traces }: FastifyInstance, deliver: Deliver): Worker {
  const traced = traces?.job('webhook', deliver) ?? deliver
  const inFlight = new Map<string, number>()
  const count = (webhookId: string, change: number) =>
    void inFlight.set(webhookId, (inFlight.get(webhookId) ?? 0) + change)

  async function due(limit: number): Promise<DeliveryRow[]> {
    const now = Date.now()
    const all: DeliveryRow[] = []
    const ready = await listReadyWebhooks(db, now)
    // In another order each time, so that the first ones cannot take all the room.
    for (const { id, failures } of ready.sort(() => Math.random() - 0.5)) {
      // Of one that did not respond, one delivery finds out whether it does again.
      const max = failures > 0 ? 1 : MAX_CONCURRENT_PER_WEBHOOK
      const room = Math.min(max - (inFlight.get(id) ?? 0), limit - all.length)
      if (room > 0) all.push(...(await listDueDeliveries(db, id, now, room)))
    }
    return all
  }

  return createWorker<DeliveryRow>(log, {
    name: 'webhooks',
    concurrency: MAX_CONCURRENT,
    timeoutMs: config.WEBHOOK_TIMEOUT_SECONDS * 1000 + MARGIN_MS,
    due,
    async claim(seen, until) {
      const claimed = await claimDelivery(db, seen, until)
      if (claimed) count(claimed.webhook_id, 1)
      return claimed
    },
    deliver: (delivery, signal) => traced(delivery, signal).finally(() => count(delivery.webhook_id, -1)),
    idOf: ({ id }) => id,
  })
}
