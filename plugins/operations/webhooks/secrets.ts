/** Secrets of webhooks, as they are stored and as they sign. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { createHmac, randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { listWebhooks, reencryptWebhook, WEBHOOKS_MAX, type WebhookRow } from '#sql/webhooks.ts'
import { createEncryption } from '../../keys/encryption.ts'
import { createSeals } from '../../keys/seals.ts'

const PREFIX = 'whsec_'
/** Bytes. */
const SECRET_LENGTH = 32

type Sealed = Pick<WebhookRow, 'id' | 'secrets'>

export interface WebhookSecrets {
  seal(secrets: string[], id: WebhookRow['id']): string
  /** Newest first. @throws if they were changed, or SECRET no longer has the key */
  open(webhook: Sealed): string[]
  /** What older keys encrypted is encrypted by the newest. @returns 0: nothing is left to do */
  reencrypt(): Promise<number>
}

export function webhookSecrets({ db, keys, log }: Pick<FastifyInstance, 'db' | 'keys' | 'log'>): WebhookSecrets {
  const derived = keys.derive('webhooks')
  const { seal, open } = createSeals<string[]>(derived)
  const { olderKeys } = createEncryption(derived)
  const isOld = ({ secrets }: Sealed) => olderKeys.some(key => secrets?.startsWith(`${key}.`))

  return {
    seal,
    open: ({ id, secrets }) => open(secrets ?? '', id),
    async reencrypt() {
      if (olderKeys.length === 0) return 0
      for (const webhook of (await listWebhooks(db, WEBHOOKS_MAX)).filter(isOld)) {
        try {
          await reencryptWebhook(db, webhook, seal(open(webhook.secrets ?? '', webhook.id), webhook.id))
        } catch (err) {
          log.error({ err, webhook_id: webhook.id }, 'secret of a webhook cannot be encrypted by the new key')
        }
      }
      return 0
    },
  }
}

export function newSecret(): string {
  return PREFIX + randomBytes(SECRET_LENGTH).toString('base64')
}

/** @param timestamp seconds since 1970 @returns the value of `webhook-signature` */
export function signatures(secrets: string[], id: string, timestamp: number, body: string): string {
  return secrets.map(secret => `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`).join(' ')
}

function signature(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
    .update(text)
    .digest('base64')
}
