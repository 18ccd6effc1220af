import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { Webhook } from '#schemas/webhooks.ts'
import { type AuditEventKind, addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { readCursor } from '#sql/change-positions.ts'
import type { Tables } from '#sql/tables.ts'
import { waitingByWebhook } from '#sql/webhook-backlog.ts'
import { addDeliveries, listDeliveries, retryDelivery } from '#sql/webhook-deliveries.ts'
import {
  askAtOnce,
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  updateWebhook,
  WEBHOOKS_MAX,
  type WebhookRow,
} from '#sql/webhooks.ts'
import { originOf } from '../../http/client.ts'
import { eventTypes } from '../events/types.ts'
import { CONSUMER } from './queue.ts'
import { webhookRules } from './rules.ts'
import { newSecret, type WebhookSecrets } from './secrets.ts'
import { serialize, serializeDelivery } from './serialize.ts'
import { testDelivery } from './test-event.ts'
import type { Administrator, WebhookRegistry } from './types.ts'

/** @param wake called after a change by which something may be due */
export function webhookRegistry(app: FastifyInstance, secrets: WebhookSecrets, wake: () => void): WebhookRegistry {
  const { accounts, changeEvents, config, db, pagination } = app
  const assertValid = webhookRules(app)
  const overlapMs = config.WEBHOOK_SECRET_OVERLAP_SECONDS * 1000

  /** One transaction with the check of the administrator's session and the audit event. */
  async function asAdministrator<Result>(
    { client, user: caller, stepUp }: Administrator,
    kind: AuditEventKind,
    work: (tx: Transaction<Tables>) => Promise<Result>,
  ): Promise<Result> {
    const result = await accounts.change(
      caller.user_id,
      client,
      async tx => {
        const result = await work(tx)
        await addAuditEvent(tx, { kind, user_id: NOBODY, session_id: null, ...originOf(client) })
        return result
      },
      { caller, stepUp },
    )
    wake()
    return result
  }

  async function lock(tx: Transaction<Tables>, id: string): Promise<WebhookRow> {
    const webhook = await lockWebhook(tx, id)
    if (!webhook) throw errors.notFound()
    return webhook
  }

  async function lockEnabled(tx: Transaction<Tables>, id: string): Promise<WebhookRow> {
    const webhook = await lock(tx, id)
    if (!webhook.enabled) throw errors.webhookDisabled()
    return webhook
  }

  async function serializeAll(webhooks: WebhookRow[]): Promise<Webhook[]> {
    const ids = webhooks.map(({ id }) => id)
    const waiting = await waitingByWebhook(db, ids)
    return webhooks.map(webhook => serialize(webhook, waiting))
  }

  const serializeOne = async (webhook: WebhookRow) => serialize(webhook, await waitingByWebhook(db, [webhook.id]))

  async function find(id: string): Promise<WebhookRow> {
    const webhook = await findWebhook(db, id)
    if (!webhook) throw errors.notFound()
    return webhook
  }

  /** Where a webhook begins: with what is committed after this. The consumer of all of them may not begin later. */
  async function beginning(): Promise<number> {
    const position = await changeEvents.head()
    await readCursor(db, CONSUMER, position)
    return position
  }

  return {
    async create({ url, types, format = 'standard-webhooks', ...rest }, by, id = randomUUIDv7()) {
      assertValid({ url, types })
      const secret = format === 'set' ? undefined : newSecret()
      const since_position = await beginning()
      const now = Date.now()
      const row = {
        id,
        url,
        types: JSON.stringify(types),
        format,
        description: rest.description ?? '',
        audience: rest.audience ?? null,
        enabled: rest.enabled === false ? (0 as const) : (1 as const),
        disabled_because: null,
        secrets: secret === undefined ? null : secrets.seal([secret], id),
        previous_secret_expires_at: null,
        since_position,
        created_at: now,
        updated_at: now,
      }
      await asAdministrator(by, 'webhook-created', async tx => {
        if ((await countWebhooks(tx)) >= WEBHOOKS_MAX) throw errors.tooManyWebhooks()
        await insertWebhook(tx, row)
      })
      return { ...(await this.read(id)), ...(secret !== undefined && { secret }) }
    },
    types: () => eventTypes(app.getSchemas()).map(({ name }) => name),
    read: async id => serializeOne(await find(id)),
    async list(query) {
      const { limit, after } = pagination.read(query)
      const rows = await listWebhooks(db, limit + 1, after)
      const { results, next_cursor } = pagination.cut(rows, limit, ({ id }) => id)
      return { results: await serializeAll(results), next_cursor }
    },
    async update(id, { types, enabled, ...changes }, by) {
      assertValid({ ...changes, ...(types && { types }) })
      const since_position = await beginning()
      const updated = await asAdministrator(by, 'webhook-changed', async tx => {
        const webhook = await lock(tx, id)
        const isMoved = changes.url !== undefined && changes.url !== webhook.url
        return updateWebhook(tx, webhook, {
          ...changes,
          ...(types && { types: JSON.stringify(types) }),
          ...(enabled === false && { enabled: 0 }),
          ...(enabled && { enabled: 1, disabled_because: null }),
          ...((enabled || isMoved) && { failures: 0, failing_since: null, retry_at: 0 }),
          ...(enabled && !webhook.enabled && { since_position }),
        })
      })
      return serializeOne(updated)
    },
    remove: (id, by) =>
      asAdministrator(by, 'webhook-removed', async tx => {
        if (!(await deleteWebhook(tx, id))) throw errors.notFound()
      }),
    async rotateSecret(id, by, expected) {
      // The second of two concurrent rotations is rejected: receivers have the secret that it would end.
      const before = await find(id)
      if (before.format === 'set') throw errors.webhookWithoutSecret()
      const secret = newSecret()
      const previous = overlapMs > 0 ? currentOf(before) : []
      const row = await asAdministrator(by, 'webhook-secret-rotated', async tx => {
        const webhook = await lock(tx, id)
        const isExpected = expected === undefined || webhook.updated_at === expected
        if (webhook.secrets !== before.secrets || !isExpected) throw errors.changedMeanwhile()
        return updateWebhook(tx, webhook, {
          secrets: secrets.seal([secret, ...previous], id),
          previous_secret_expires_at: previous.length > 0 ? Date.now() + overlapMs : null,
        })
      })
      return { secret, previous_secret_expires: serialize(row, new Map()).previous_secret_expires }
    },
    async deliveries(id, { status, ...query }) {
      const { limit, after } = pagination.read(query)
      const webhook = await find(id)
      const rows = await listDeliveries(db, { webhook_id: id, status }, limit + 1, after)
      const { results, next_cursor } = pagination.cut(rows, limit, row => row.id)
      return { results: results.map(row => serializeDelivery(row, webhook)), next_cursor }
    },
    retry: (id, deliveryId, by) =>
      asAdministrator(by, 'webhook-retried', async tx => {
        await lockEnabled(tx, id)
        await askAtOnce(tx, id)
        if (!(await retryDelivery(tx, { id: deliveryId, webhook_id: id }))) throw errors.notFound()
      }),
    async test(id, by) {
      const event_id = randomUUIDv7()
      await asAdministrator(by, 'webhook-tested', async tx => {
        const webhook = await lockEnabled(tx, id)
        await askAtOnce(tx, id)
        await addDeliveries(tx, [testDelivery(webhook, event_id, config.PUBLIC_URL)])
      })
      return event_id
    },
  }

  /** None, if SECRET no longer has the key of it: then a rotation is the remedy. */
  function currentOf(webhook: WebhookRow): string[] {
    try {
      return secrets.open(webhook).slice(0, 1)
    } catch {
      return []
    }
  }
}
