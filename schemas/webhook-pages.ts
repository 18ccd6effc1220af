/** What the pages about webhooks are asked with. */
import { Type } from '@sinclair/typebox'
import { emptyOr, ListQuery } from './hosted-pages.ts'
import { WebhookDeliveriesQuery } from './webhooks.ts'

/** Of a search form: what was left empty is there, as an empty text. */
export const WebhookPageQuery = Type.Object({
  ...ListQuery.properties,
  status: Type.Optional(emptyOr(WebhookDeliveriesQuery.properties.status)),
})

/** `updated` of the webhook that the question was asked about. */
export const RotationForm = Type.Object(
  { version: Type.Optional(Type.String({ maxLength: 32 })) },
  { additionalProperties: false },
)
