import { AT_ONCE, type NewDelivery } from '#sql/webhook-deliveries.ts'
import type { WebhookRow } from '#sql/webhooks.ts'
import { verificationClaims } from './security-events.ts'

const TYPE = 'webhook.test'

/** What is delivered to try a webhook out. @param source the service's URL */
export function testDelivery({ id, format }: WebhookRow, event_id: string, source: string): NewDelivery {
  const event = { specversion: '1.0', id: event_id, source, type: TYPE, time: new Date().toISOString(), subject: id }
  const body = format === 'set' ? verificationClaims(id) : { ...event, data: {} }
  return { webhook_id: id, event_id, type: TYPE, subject: id, position: 0, body: JSON.stringify(body), due_at: AT_ONCE }
}
