/** What a webhook is sent, by its format. */
import type { FastifyInstance } from 'fastify'
import type { DeliveryRow } from '#sql/webhook-deliveries.ts'
import type { WebhookRow } from '#sql/webhooks.ts'
import { signToken } from '../../keys/sign-token.ts'
import { signatures, type WebhookSecrets } from './secrets.ts'

interface WebhookRequest {
  headers: Record<string, string>
  body: string
}

type WriteRequest = (webhook: WebhookRow, delivery: DeliveryRow) => Promise<WebhookRequest>

export function requestWriters(
  app: Pick<FastifyInstance, 'config' | 'keys'>,
  secrets: WebhookSecrets,
): Record<WebhookRow['format'], WriteRequest> {
  return {
    /** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
    async 'standard-webhooks'(webhook, { event_id, body }) {
      const [current = '', ...previous] = secrets.open(webhook)
      const isOverlap = (webhook.previous_secret_expires_at ?? 0) > Date.now()
      const timestamp = Math.floor(Date.now() / 1000)
      return {
        headers: {
          'content-type': 'application/json',
          'webhook-id': event_id,
          'webhook-timestamp': `${timestamp}`,
          'webhook-signature': signatures([current, ...(isOverlap ? previous : [])], event_id, timestamp, body),
        },
        body,
      }
    },
    /** RS256, as CAEP's profile for interoperability says. @see https://www.rfc-editor.org/rfc/rfc8417 @see https://www.rfc-editor.org/rfc/rfc8935 */
    async set({ audience, url }, { event_id, body }) {
      const claims = { ...JSON.parse(body), aud: audience ?? url, jti: event_id }
      const token = await signToken(app, { alg: 'RS256', typ: 'secevent+jwt' }, claims)
      return { headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json' }, body: token }
    },
  }
}
