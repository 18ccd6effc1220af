/** What the pages about webhooks are asked with. */
import { Type } from '@sinclair/typebox'
import { emptyOr, ListQuery, version } from './hosted-pages.ts'
import { WebhookDeliveriesQuery } from './webhooks.ts'

/** Of a search form: what was left empty is there, as an empty text. */
export const WebhookPageQuery = Type.Object({
  ...ListQuery.properties,
  status: Type.Optional(emptyOr(WebhookDeliveriesQuery.properties.status)),
})

export const RotationForm = Type.Object({ version }, { additionalProperties: false })
