/** The members of a webhook as a form has them. */
import type { NewWebhook, WebhookUpdate } from '#schemas/webhooks.ts'

export type Members = Partial<Record<keyof NewWebhook, unknown>>

/** Not validated yet: that is left to the schema of the API. Fields that the form does not have stay as they are. */
export function changesIn(form: unknown): WebhookUpdate {
  const values = new Map<string, unknown>(Object.entries(form ?? {}))
  const text = (name: string) => String(values.get(name) ?? '').trim()
  const members: Members = {
    url: text('url'),
    description: text('description'),
    types: [values.get('types') ?? []].flat(),
    ...(values.has('audience') && { audience: text('audience') || null }),
  }
  return members as WebhookUpdate
}

/** For a new one: without what was left empty. */
export function newWebhookIn(form: unknown): NewWebhook {
  const { audience, ...others } = changesIn(form)
  const { format } = Object(form)
  return { ...others, format, ...(audience && { audience }) } as NewWebhook
}
