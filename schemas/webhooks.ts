/** Webhooks, and what is delivered to them. */
import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp, UNTURNED_LINE, uuid, uuidInPath } from './common.ts'
import { errorCode } from './errors.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { oneOf, ref } from './ref.ts'

const strict = { additionalProperties: false }

/** Characters. */
const URL_MAX_LENGTH = 1024
const TYPES_MAX = 100

export const FORMATS = ['standard-webhooks', 'set'] as const
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const

const url = Type.String({
  minLength: 1,
  maxLength: URL_MAX_LENGTH,
  description:
    'Where events are sent to: `https`, and no private address but those that the operator allows. `http` is for this machine, in development.',
  examples: ['https://crm.example/hooks/holocron'],
})
const types = Type.Array(
  Type.String({
    // Wider than types are: the check of what there is names the one that is none.
    pattern: '^[\\w.*-]{1,64}$',
    'x-problem': 'must be a type of events, such as person.deleted, or *',
    ...errorCode('webhook-invalid'),
  }),
  {
    minItems: 1,
    maxItems: TYPES_MAX,
    uniqueItems: true,
    description: 'The types of events that it gets; `*` for all of them, and those to come.',
    examples: [['person.updated', 'session.deleted']],
  },
)
const format = oneOf(FORMATS, {
  description:
    '`standard-webhooks`: events as JSON, signed by a secret, as [Standard Webhooks](https://www.standardwebhooks.com) say. `set`: Security Event ' +
    'Tokens (RFC 8417) for those events that Shared Signals know, signed by a key of the service and pushed as RFC 8935 says. Default: `standard-webhooks`.',
})
const enabled = Type.Boolean({
  description:
    'While it is disabled, nothing is sent, and what happens is not queued for it; what was queued before is sent once it is enabled again.',
  examples: [true],
})
const description = Type.String({
  maxLength: 200,
  pattern: UNTURNED_LINE,
  description: 'What it is for, in one line. May be empty.',
  examples: ['Keeps the CRM up to date'],
})
const audience = Type.String({
  minLength: 1,
  maxLength: URL_MAX_LENGTH,
  pattern: '^[!-~]*$',
  description: 'The `aud` of Security Event Tokens. Default: the URL.',
  examples: ['https://crm.example'],
})

const EXAMPLE = {
  url: 'https://crm.example/hooks/holocron',
  types: ['person.updated', 'session.deleted'],
  description: 'Keeps the CRM up to date',
}

export const NewWebhook = Type.Object(
  {
    url,
    types,
    format: Type.Optional(format),
    enabled: Type.Optional(enabled),
    description: Type.Optional(description),
    audience: Type.Optional(audience),
  },
  { $id: 'NewWebhook', ...strict, examples: [EXAMPLE] },
)
export type NewWebhook = Static<typeof NewWebhook>

export const WebhookUpdate = Type.Object(
  {
    url: Type.Optional(url),
    types: Type.Optional(types),
    enabled: Type.Optional(enabled),
    description: Type.Optional(description),
    audience: Type.Optional(nullable(audience)),
  },
  { $id: 'WebhookUpdate', ...strict, minProperties: 1, examples: [{ enabled: false }] },
)
export type WebhookUpdate = Static<typeof WebhookUpdate>

const webhook = {
  id: uuid('Unique identifier of the webhook.'),
  url,
  types,
  format,
  enabled,
  description,
  audience: nullable(audience, { description: 'The `aud` of Security Event Tokens; null for the URL.' }),
  disabled_because: nullable(oneOf(['gone', 'failing']), {
    description:
      'Why the service has disabled it: `gone`, it responded 410; `failing`, no delivery succeeded for a day. Null if it has not.',
  }),
  failing_since: nullable(timestamp('Since when every delivery has failed; null if the last one succeeded.')),
  waiting: Type.Integer({ minimum: 0, description: 'How many events wait to be delivered.', examples: [0] }),
  retry: nullable(timestamp('When it is tried again, if it did not respond.')),
  previous_secret_expires: nullable(timestamp('Until when the secret before the last rotation signs, too.')),
  created: timestamp('When it was created.'),
  updated: timestamp('When it was last changed.'),
}

export const Webhook = Type.Object(webhook, { $id: 'Webhook', ...strict })
export type Webhook = Static<typeof Webhook>

const secret = Type.String({
  description: 'The secret that signs: shown this once, and kept encrypted. None with the format `set`.',
  examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
})

export const CreatedWebhook = Type.Object(
  { ...webhook, secret: Type.Optional(secret) },
  { $id: 'CreatedWebhook', ...strict },
)

export const WebhookSecret = Type.Object(
  { secret, previous_secret_expires: webhook.previous_secret_expires },
  { $id: 'WebhookSecret', ...strict },
)

export const Webhooks = Type.Object(
  { results: Type.Array(ref(Webhook)), next_cursor: NextCursor },
  { $id: 'Webhooks', ...strict },
)

export const WebhooksQuery = Type.Object(pageQuery, strict)

const webhook_id = uuidInPath('Unique identifier of the webhook.')

export const WebhookParams = Type.Object({ webhook_id })
export type WebhookParams = Static<typeof WebhookParams>

export const WebhookDelivery = Type.Object(
  {
    id: uuid('Unique identifier of the delivery.'),
    event_id: uuid('The event, which is `webhook-id` or `jti` of what is sent: the same for each attempt.'),
    type: Type.String({ description: 'The type of the event.', examples: ['person.updated'] }),
    subject: Type.String({ description: 'The subject of the event.', examples: ['42'] }),
    status: oneOf(DELIVERY_STATUSES, {
      description:
        '`pending`: it waits for its next attempt; `delivered`; `failed`: it was given up, and can be sent again.',
    }),
    attempts: Type.Integer({
      description: 'How often it was attempted, since it was last sent again.',
      examples: [1],
    }),
    response_status: nullable(Type.Integer({ examples: [500] }), {
      description: 'The status of the last response; null if there was none.',
    }),
    error: nullable(Type.String({ examples: ['responded 500'] }), { description: 'Why the last attempt failed.' }),
    created: timestamp('When it was queued.'),
    attempted: nullable(timestamp('When the last attempt began.')),
    next_attempt: nullable(timestamp('When the next attempt is due, if it is pending and the webhook enabled.')),
  },
  { $id: 'WebhookDelivery', ...strict },
)
export type WebhookDelivery = Static<typeof WebhookDelivery>

export const WebhookDeliveries = Type.Object(
  { results: Type.Array(ref(WebhookDelivery)), next_cursor: NextCursor },
  { $id: 'WebhookDeliveries', ...strict },
)

export const WebhookDeliveriesQuery = Type.Object(
  {
    ...pageQuery,
    status: Type.Optional({
      ...oneOf(DELIVERY_STATUSES, { description: 'Only return those of this status.' }),
      examples: ['failed'],
    }),
  },
  strict,
)
export type WebhookDeliveriesQuery = Static<typeof WebhookDeliveriesQuery>

export const WebhookDeliveryParams = Type.Object({
  webhook_id,
  delivery_id: uuidInPath('Unique identifier of the delivery.'),
})

export const WebhookTest = Type.Object(
  { event_id: uuid('The id of the test event, which is queued like any other.') },
  { $id: 'WebhookTest', ...strict },
)
