import type { FastifyInstance } from 'fastify'
import { transaction } from '#sql/connection/transaction.ts'
import { ATTEMPTED_MS, type DeliveryRow, rescheduleLaterDeliveries, settleDelivery } from '#sql/webhook-deliveries.ts'
import { clearFailures, findWebhook, noteFailure, postponeWebhook, type WebhookRow } from '#sql/webhooks.ts'
import { basePath } from '../../config/base-path.ts'
import { internalHosts } from '../../http/outbound/internal-hosts.ts'
import { retryDelay } from '../../http/outbound/retry-delay.ts'
import { disable } from './disable.ts'
import { requestWriters } from './requests.ts'
import type { WebhookSecrets } from './secrets.ts'
import { type Failure, failureBy, type Success, verdictOf } from './verdict.ts'

/** Sends an event to a webhook once, and keeps what became of it. @param attempted called with what became of it */
export function delivery(
  app: FastifyInstance,
  secrets: WebhookSecrets,
  attempted: (outcome: (Success | Failure)['kind']) => void,
) {
  const { config, db, log, mailer } = app
  const timeoutMs = config.WEBHOOK_TIMEOUT_SECONDS * 1000
  const writers = requestWriters(app, secrets)
  const hosts = internalHosts(config, config.WEBHOOK_INTERNAL_HOSTS)

  async function send(webhook: WebhookRow, delivery: DeliveryRow, signal: AbortSignal): Promise<Success | Failure> {
    try {
      const request = await writers[webhook.format](webhook, delivery)
      const options = { method: 'POST', ...request, signal, internalHosts: hosts, timeoutMs }
      return await verdictOf(webhook.format, await app.outbound(new URL(webhook.url), options))
    } catch (error) {
      return failureBy(error as Error, timeoutMs)
    }
  }

  async function succeeded(webhook: WebhookRow, delivery: DeliveryRow, { response_status }: Success): Promise<void> {
    await settleDelivery(db, delivery, { status: 'delivered', response_status, error: null })
    await clearFailures(db, webhook.id)
  }

  /** @returns whether the webhook was disabled for it */
  function failed(webhook: WebhookRow, delivery: DeliveryRow, failure: Failure): Promise<boolean> {
    const { kind, response_status, error, retryAfterMs = 0 } = failure
    const startedAt = delivery.attempted_at ?? 0
    return transaction(db, async tx => {
      const now = Date.now()
      const isLast = kind === 'refused' || now >= delivery.gives_up_at
      // Its own back-off, even if nothing could be delivered: what crashes the receiver must not be the next one to find out whether it is back.
      const due_at = now + retryDelay(delivery.attempts)
      await settleDelivery(tx, delivery, { response_status, error, due_at, ...(isLast && { status: 'failed' }) })
      if (!isLast) await rescheduleLaterDeliveries(tx, delivery, due_at)
      if (kind === 'refused') return false
      const since = await noteFailure(tx, webhook.id)
      if (kind === 'unavailable')
        await postponeWebhook(tx, webhook, startedAt, now + Math.max(retryDelay(webhook.failures + 1), retryAfterMs))
      const page = `${basePath(config.PUBLIC_URL)}/admin/webhooks/${webhook.id}`
      if (kind === 'gone') return disable(tx, webhook, 'gone', page)
      return since !== undefined && now - since >= ATTEMPTED_MS && disable(tx, webhook, 'failing', page)
    })
  }

  return async (claimed: DeliveryRow, signal: AbortSignal): Promise<void> => {
    const { attempts, event_id, id, webhook_id } = claimed
    const webhook = await findWebhook(db, webhook_id)
    if (!webhook?.enabled)
      return settleDelivery(db, claimed, { response_status: null, error: null, due_at: Date.now() })
    const verdict = await send(webhook, claimed, signal)
    // The process stops: it is nobody's fault, and another process goes on at once.
    if (verdict.kind !== 'delivered' && signal.reason?.name === 'AbortError')
      return settleDelivery(db, claimed, { response_status: null, error: null, due_at: Date.now() })
    attempted(verdict.kind)
    const details = { webhook_id, event_id, delivery_id: id, attempts }
    if (verdict.kind === 'delivered') {
      await succeeded(webhook, claimed, verdict)
      return log.debug(details, 'webhook delivered')
    }
    const isDisabled = await failed(webhook, claimed, verdict)
    log.warn({ ...details, reason: verdict.error }, 'webhook delivery failed')
    if (!isDisabled) return
    mailer.wake()
    log.error({ webhook_id, reason: verdict.error }, 'webhook disabled')
  }
}
