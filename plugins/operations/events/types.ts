import type { Webhook } from '../../http/openapi/webhooks.ts'

interface EventSchema {
  $id: string
  description: string
  properties: { specversion: unknown; type: { const: string } }
}

/** The types of events, from the schemas that declare them. */
export function eventTypes(schemas: Record<string, unknown>): Webhook[] {
  return Object.values(schemas)
    .filter(isEventSchema)
    .map(({ $id, description, properties }) => ({ name: properties.type.const, schema: $id, description }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isEventSchema(schema: unknown): schema is EventSchema {
  const { properties } = schema as { properties?: Partial<EventSchema['properties']> }
  return properties?.specversion !== undefined
}
