import type { FastifyInstance } from 'fastify'
import { countWaitingDeliveries } from '#sql/webhook-backlog.ts'
import { shared } from '../../http/cached-responses/shared.ts'
import type { Failure, Success } from './verdict.ts'

/**
 * @param isRunning the database is asked only while there are webhooks
 * @returns counts an attempt, by what became of it
 */
export function webhookMetrics({ db, metrics }: FastifyInstance, isRunning: () => boolean) {
  const attempts = new Map<string, number>()
  const waiting = shared(async () =>
    isRunning() ? countWaitingDeliveries(db) : { waiting: 0, oldest_created_at: null },
  )

  metrics.add({
    type: 'gauge',
    name: 'holocron_webhook_deliveries_waiting',
    help: 'Events waiting to be delivered to webhooks that are enabled',
    aggregator: 'max',
    collect: async () => (await waiting()).waiting,
  })
  metrics.add({
    type: 'gauge',
    name: 'holocron_webhook_oldest_seconds',
    help: 'Age of the event that has waited longest for its delivery to a webhook',
    aggregator: 'max',
    async collect() {
      const { oldest_created_at } = await waiting()
      return oldest_created_at === null ? 0 : (Date.now() - oldest_created_at) / 1000
    },
  })
  metrics.add({
    type: 'counter',
    name: 'holocron_webhook_attempts_total',
    help: 'Attempts to deliver an event to a webhook, by what became of them',
    labelNames: ['outcome'],
    collect: () => [...attempts].map(([outcome, value]) => ({ labels: { outcome }, value })),
  })

  return (outcome: (Success | Failure)['kind']) => void attempts.set(outcome, (attempts.get(outcome) ?? 0) + 1)
}
