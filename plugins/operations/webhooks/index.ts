// app.webhooks: sends change events to the URLs that administrators registered, signed, at least once and in order per subject. While there are none, nothing runs.
import fp from 'fastify-plugin'
import { DAY_MS } from '#sql/expired-rows.ts'
import { hasEnabledWebhook } from '#sql/webhooks.ts'
import { delivery } from './deliver.ts'
import { webhookMetrics } from './metrics.ts'
import { CONSUMER, queueing } from './queue.ts'
import { webhookRegistry } from './registry.ts'
import { webhookSecrets } from './secrets.ts'
import type { WebhookRegistry } from './types.ts'
import { deliveryWorker } from './worker.ts'

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'webhook-created': true
    'webhook-changed': true
    'webhook-removed': true
    'webhook-disabled': true
    'webhook-secret-rotated': true
    'webhook-retried': true
    'webhook-tested': true
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    webhooks: WebhookRegistry & {
      /** Looks for webhooks, and sends what is due. */
      poll(): Promise<void>
      /** Resolves once everything that was due has been attempted. */
      idle(): Promise<void>
    }
  }
}

const POLL_MS = 1_000
/** How often a process looks whether another one has registered the first webhook. */
const POLL_IDLE_MS = 10_000
/** Deliveries are kept for this long. */
const RETENTION_MS = 30 * DAY_MS

export default fp(
  async app => {
    const { changeEvents, db, log } = app
    let stopConsumer: (() => Promise<void>) | undefined
    let closing = false
    const secrets = webhookSecrets(app)
    const countAttempt = webhookMetrics(app, () => stopConsumer !== undefined)
    const worker = deliveryWorker(app, delivery(app, secrets, countAttempt))
    const queue = queueing(app, worker.wake)

    async function poll(): Promise<void> {
      const isWanted = await hasEnabledWebhook(db)
      if (closing || !app.worksInBackground) return
      if (isWanted) {
        stopConsumer ??= changeEvents.consume({ name: CONSUMER, deliver: queue })
        return worker.wake()
      }
      const stop = stopConsumer
      stopConsumer = undefined
      await stop?.()
    }

    const pollSoon = () => void poll().catch(err => log.warn({ err }, 'webhooks unavailable, retrying'))
    let polledAt = Number.NEGATIVE_INFINITY
    const timer = setInterval(() => {
      if (!stopConsumer && performance.now() - polledAt < POLL_IDLE_MS) return
      polledAt = performance.now()
      pollSoon()
    }, POLL_MS).unref()

    app.decorate('webhooks', { ...webhookRegistry(app, secrets, pollSoon), poll, idle: worker.idle })
    app.cleanUp.add({ table: 'webhook_deliveries', key: 'id', time: 'created_at', retentionMs: RETENTION_MS })
    app.cleanUp.add({ name: 'webhook secrets', run: secrets.reencrypt })
    app.addHook('onReady', async () => pollSoon())
    app.addHook('preClose', async () => {
      closing = true
      clearInterval(timer)
    })
    app.addHook('onClose', worker.stop)
  },
  {
    name: 'webhooks',
    dependencies: [
      'changes',
      'clean-up',
      'config',
      'db',
      'events',
      'keys',
      'mailer',
      'metrics',
      'outbound',
      'pagination',
      'traces',
    ],
  },
)
