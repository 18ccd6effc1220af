/** What a webhook is sent, by its format. */
import { createPrivateKey } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { DeliveryRow } from '#sql/webhook-deliveries.ts'
import type { WebhookRow } from '#sql/webhooks.ts'
import { signatures, type WebhookSecrets } from './secrets.ts'

interface WebhookRequest {
  headers: Record<string, string>
  body: string
}

type WriteRequest = (webhook: WebhookRow, delivery: DeliveryRow) => Promise<WebhookRequest>

export function requestWriters(
  { config, keys }: Pick<FastifyInstance, 'config' | 'keys'>,
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
      const key = (await keys.published()).find(({ alg }) => alg === 'RS256')
      if (!key) throw new Error('no key for RS256')
      // Loaded with the first event for such a webhook.
      const { SignJWT } = await import('jose')
      const token = await new SignJWT(JSON.parse(body))
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'secevent+jwt' })
        .setIssuer(config.PUBLIC_URL)
        .setAudience(audience ?? url)
        .setIssuedAt()
        .setJti(event_id)
        .sign(createPrivateKey(key.private))
      return { headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json' }, body: token }
    },
  }
}
