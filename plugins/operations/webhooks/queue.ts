/** Queues change events for the webhooks that want them: once each, however often the same events come. */
import type { FastifyInstance } from 'fastify'
import { transaction } from '#sql/connection/transaction.ts'
import { findUser } from '#sql/users.ts'
import { addDeliveries, type NewDelivery } from '#sql/webhook-deliveries.ts'
import { listEnabledWebhooks, type WebhookRow } from '#sql/webhooks.ts'
import type { ChangeEventEntry } from '../events/serialize.ts'
import { securityEvent } from './security-events.ts'

/** All webhooks read the change events as one. */
export const CONSUMER = 'webhooks'

/** @param queued called when something is due */
export function queueing({ config, db }: FastifyInstance, queued: () => void) {
  const isDisabled = async (userId: number) => (await findUser(db, userId))?.disabled === 1

  async function bodyFor({ format }: WebhookRow, { event, user_id }: ChangeEventEntry): Promise<object | undefined> {
    if (format !== 'set') return event
    return securityEvent(event, config.PUBLIC_URL, () => isDisabled(user_id))
  }

  return async (entries: ChangeEventEntry[]): Promise<void> => {
    const deliveries: NewDelivery[] = []
    for (const webhook of await listEnabledWebhooks(db)) {
      const types = new Set<string>(JSON.parse(webhook.types))
      for (const entry of entries) {
        const { event, position, user_id } = entry
        const { id: event_id, subject, type } = event
        if (position <= webhook.since_position || !(types.has('*') || types.has(type))) continue
        const body = await bodyFor(webhook, entry)
        if (!body) continue
        const delivery = { webhook_id: webhook.id, event_id, user_id, type, subject, position }
        deliveries.push({ ...delivery, body: JSON.stringify(body) })
      }
    }
    if (deliveries.length === 0) return
    await transaction(db, tx => addDeliveries(tx, deliveries))
    queued()
  }
}
