/** What the service sends to others, in the OpenAPI document. @see https://spec.openapis.org/oas/v3.1.1#oas-webhooks */

export interface Webhook {
  /** The type of the event. */
  name: string
  /** The `$id` of its schema. */
  schema: string
  description: string
}

export function documentedWebhooks(webhooks: Webhook[]) {
  return Object.fromEntries(
    webhooks.map(({ name, schema, description }) => [
      name,
      {
        post: {
          operationId: `on${schema}`,
          tags: ['events'],
          security: [],
          summary: name,
          description,
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
          },
          responses: { '2XX': { description: 'The event is taken over.' } },
        },
      },
    ]),
  )
}
