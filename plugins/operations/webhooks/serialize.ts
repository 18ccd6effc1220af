import type { Webhook, WebhookDelivery } from '#schemas/webhooks.ts'
import type { DeliveryRow } from '#sql/webhook-deliveries.ts'
import type { WebhookRow } from '#sql/webhooks.ts'

/** @param waiting how many deliveries wait, by webhook */
export function serialize(webhook: WebhookRow, waiting: ReadonlyMap<string, number>): Webhook {
  const { id, url, description, types, format, audience, disabled_because } = webhook
  const now = Date.now()
  const isFuture = (time: number | null) => (time !== null && time > now ? time : null)
  return {
    id,
    url,
    types: JSON.parse(types),
    format,
    enabled: webhook.enabled === 1,
    description,
    audience,
    disabled_because,
    failing_since: toTime(webhook.failing_since),
    waiting: waiting.get(id) ?? 0,
    retry: toTime(webhook.enabled ? isFuture(webhook.retry_at) : null),
    previous_secret_expires: toTime(isFuture(webhook.previous_secret_expires_at)),
    created: new Date(webhook.created_at).toISOString(),
    updated: new Date(webhook.updated_at).toISOString(),
  }
}

export function serializeDelivery(
  delivery: Omit<DeliveryRow, 'body' | 'user_id'>,
  { enabled, retry_at }: WebhookRow,
): WebhookDelivery {
  const { id, event_id, type, subject, status, attempts, response_status, error } = delivery
  return {
    id,
    event_id,
    type,
    subject,
    status,
    attempts,
    response_status,
    error,
    created: new Date(delivery.created_at).toISOString(),
    attempted: toTime(delivery.attempted_at),
    next_attempt: toTime(
      status === 'pending' && enabled ? Math.max(delivery.due_at, retry_at, delivery.created_at) : null,
    ),
  }
}

function toTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
