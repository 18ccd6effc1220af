import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { PagingQuery } from '#schemas/pages.ts'
import type {
  CreatedWebhook,
  NewWebhook,
  Webhook,
  WebhookDeliveries,
  WebhookDeliveriesQuery,
  WebhookSecret,
  Webhooks,
  WebhookUpdate,
} from '#schemas/webhooks.ts'
import type { DeliveryRow } from '#sql/webhook-deliveries.ts'
import type { WebhookRow } from '#sql/webhooks.ts'

/** An administrator's request, authenticated as the route's `config.stepUp` requires. */
export type Administrator = Pick<FastifyRequest, 'client' | 'user' | 'stepUp'>

type WebhookId = WebhookRow['id']

/** Whatever is done by an administrator throws tokenInvalid or reauthenticationRequired if the session no longer permits it. */
export interface WebhookRegistry {
  /**
   * @param id a new UUID, so that the webhook is created once however often this is tried
   * @returns the secret too, if there is one: it cannot be read again
   * @throws webhookInvalid, tooManyWebhooks; the database's error for an id that is taken (`isDuplicate`)
   */
  create(webhook: NewWebhook, by: Administrator, id?: WebhookId): Promise<Static<typeof CreatedWebhook>>
  /** The types of events that there are; `*` is for all of them. */
  types(): string[]
  /** @throws notFound */
  read(id: WebhookId): Promise<Webhook>
  /** A page of them, newest first. @throws requestInvalid for an unknown cursor */
  list(query: PagingQuery): Promise<Static<typeof Webhooks>>
  /** Members that are not given stay. One that is enabled again is asked at once. @throws notFound, webhookInvalid */
  update(id: WebhookId, changes: WebhookUpdate, by: Administrator): Promise<Webhook>
  /** @throws notFound */
  remove(id: WebhookId, by: Administrator): Promise<void>
  /**
   * The previous secret signs too, for WEBHOOK_SECRET_OVERLAP_SECONDS.
   * @param expected when the webhook was changed last, as far as the administrator knows (ms since 1970)
   * @throws notFound, webhookWithoutSecret; changedMeanwhile if another rotation came first, or the webhook was changed later
   */
  rotateSecret(id: WebhookId, by: Administrator, expected?: number): Promise<Static<typeof WebhookSecret>>
  /** A page of them, newest first. @throws notFound; requestInvalid for an unknown cursor */
  deliveries(id: WebhookId, query: WebhookDeliveriesQuery): Promise<Static<typeof WebhookDeliveries>>
  /** Sends one again, whatever became of it. @throws notFound, webhookDisabled */
  retry(id: WebhookId, deliveryId: DeliveryRow['id'], by: Administrator): Promise<void>
  /** Queues a test event. @returns its id @throws notFound, webhookDisabled */
  test(id: WebhookId, by: Administrator): Promise<string>
}
