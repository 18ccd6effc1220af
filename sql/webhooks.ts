/** Webhooks: where change events are sent to. They are few. */
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Flag, Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    webhooks: WebhooksTable
  }
}

export interface WebhooksTable {
  id: string
  url: string
  /** May be empty. */
  description: string
  /** JSON: types of events, or `["*"]`. */
  types: string
  format: 'standard-webhooks' | 'set'
  /** Whom Security Event Tokens are for; null for the URL. */
  audience: string | null
  enabled: Flag
  /** Why the service has disabled it; null if it has not. */
  disabled_because: 'gone' | 'failing' | null
  /** Encrypted, newest first; null where nothing is signed by a secret. */
  secrets: string | null
  /** Until when the secret before the last rotation signs, too. */
  previous_secret_expires_at: number | null
  /** Gets the change events after this position. */
  since_position: number
  /** Attempts in a row, one at a time, that it did not respond to. */
  failures: Generated<number>
  /** When the first delivery failed since one succeeded; null if none has. */
  failing_since: Generated<number | null>
  /** Nothing is delivered before. */
  retry_at: Generated<number>
  created_at: number
  updated_at: number
}

export type WebhookRow = Selectable<WebhooksTable>

/** Each event is queued for all of them. */
export const WEBHOOKS_MAX = 100

export async function insertWebhook(
  tx: Transaction<Tables>,
  webhook: Omit<WebhookRow, 'failures' | 'failing_since' | 'retry_at'>,
): Promise<void> {
  await tx.insertInto('webhooks').values(webhook).execute()
}

export function findWebhook(db: Kysely<Tables>, id: string): Promise<WebhookRow | undefined> {
  return db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The webhook as of now, locked until the transaction ends. An UPDATE because SQLite has no SELECT … FOR UPDATE. */
export async function lockWebhook(tx: Transaction<Tables>, id: string): Promise<WebhookRow | undefined> {
  await tx
    .updateTable('webhooks')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('id', '=', id)
    .execute()
  return findWebhook(tx, id)
}

/** A page of them, newest first. @param before the last id of the previous page */
export function listWebhooks(db: Kysely<Tables>, limit: number, before?: string): Promise<WebhookRow[]> {
  let query = db.selectFrom('webhooks').selectAll().orderBy('id', 'desc').limit(limit)
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}

export function listEnabledWebhooks(db: Kysely<Tables>): Promise<WebhookRow[]> {
  return db.selectFrom('webhooks').selectAll().where('enabled', '=', 1).orderBy('id').execute()
}

export async function hasEnabledWebhook(db: Kysely<Tables>): Promise<boolean> {
  const found = await db.selectFrom('webhooks').select('id').where('enabled', '=', 1).limit(1).executeTakeFirst()
  return found !== undefined
}

export async function countWebhooks(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('webhooks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Those that something waits for, and that may be asked now. */
export function listReadyWebhooks(db: Kysely<Tables>, now: number): Promise<WebhookRow[]> {
  return db
    .selectFrom('webhooks')
    .selectAll()
    .where('enabled', '=', 1)
    .where('retry_at', '<=', now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('webhook_deliveries')
          .select('webhook_deliveries.id')
          .whereRef('webhook_deliveries.webhook_id', '=', 'webhooks.id')
          .where('webhook_deliveries.status', '=', 'pending'),
      ),
    )
    .execute()
}

/** Lock it first. */
export async function updateWebhook(
  tx: Transaction<Tables>,
  webhook: WebhookRow,
  changes: Partial<WebhookRow>,
): Promise<WebhookRow> {
  const values = { ...changes, updated_at: Math.max(Date.now(), webhook.updated_at + 1) }
  await tx.updateTable('webhooks').set(values).where('id', '=', webhook.id).execute()
  return { ...webhook, ...values }
}

/** What waits for it is delivered no more. @returns false if there is none */
export async function deleteWebhook(tx: Transaction<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}

/** Replaces a ciphertext by one of the same secrets under another key, if they have not changed since they were read. */
export async function reencryptWebhook(
  db: Kysely<Tables>,
  { id, secrets }: WebhookRow,
  reencrypted: string,
): Promise<void> {
  await db
    .updateTable('webhooks')
    .set({ secrets: reencrypted })
    .where('id', '=', id)
    .where('secrets', '=', secrets)
    .execute()
}

/** After a delivery that succeeded. */
export async function clearFailures(db: Kysely<Tables>, id: string): Promise<void> {
  await db
    .updateTable('webhooks')
    .set({ failures: 0, failing_since: null, retry_at: 0 })
    .where('id', '=', id)
    .where('failing_since', 'is not', null)
    .execute()
}

/** Somebody wants to know: an earlier back-off is over. */
export async function askAtOnce(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx.updateTable('webhooks').set({ failures: 0, retry_at: 0 }).where('id', '=', id).execute()
}

/** After a delivery that failed. @returns since when they have failed, if it is there */
export async function noteFailure(tx: Transaction<Tables>, id: string): Promise<number | undefined> {
  await tx
    .updateTable('webhooks')
    .set({ failing_since: Date.now() })
    .where('id', '=', id)
    .where('failing_since', 'is', null)
    .execute()
  return (await findWebhook(tx, id))?.failing_since ?? undefined
}

/**
 * Has a webhook that does not respond wait, with all that is due. Once for deliveries that failed together.
 * @param startedAt when the delivery began that failed
 */
export async function postponeWebhook(
  tx: Transaction<Tables>,
  { id, failures }: Pick<WebhookRow, 'id' | 'failures'>,
  startedAt: number,
  retry_at: number,
): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({ failures: failures + 1, retry_at })
    .where('id', '=', id)
    .where('retry_at', '<=', startedAt)
    .execute()
}

/** @returns whether it was enabled until now */
export async function disableWebhook(
  tx: Transaction<Tables>,
  id: string,
  disabled_because: WebhookRow['disabled_because'],
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('webhooks')
    .set({ enabled: 0, disabled_because, updated_at: Date.now() })
    .where('id', '=', id)
    .where('enabled', '=', 1)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
