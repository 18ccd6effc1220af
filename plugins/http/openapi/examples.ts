/** Makes whole examples from those of the fields, because Postman and other importers invent values where a body has none. */

export interface Schema {
  $ref?: string
  type?: string
  description?: string
  examples?: unknown[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  properties?: Record<string, Schema>
  items?: Schema
  minimum?: number
}

export type NamedSchemas = Record<string, Schema>

const nameIn = ($ref: string) => $ref.split('/').at(-1) ?? ''

/** The schema that a reference stands for. */
export function resolve(schema: Schema, named: NamedSchemas): Schema {
  return schema.$ref ? (named[nameIn(schema.$ref)] ?? {}) : schema
}

/** The `example` of a body, or its `examples` by name where it has one of several forms. */
export function examplesOf(schema: Schema, named: NamedSchemas): { example?: unknown; examples?: object } {
  const { oneOf, anyOf = oneOf } = resolve(schema, named)
  const forms = anyOf?.filter(form => form.$ref)
  if (!forms?.length) return { example: exampleOf(schema, named) }
  return {
    examples: Object.fromEntries(forms.map(form => [nameIn(form.$ref ?? ''), { value: exampleOf(form, named) }])),
  }
}

function exampleOf(schema: Schema, named: NamedSchemas): unknown {
  const {
    examples,
    const: constant,
    enum: words,
    anyOf,
    oneOf,
    type,
    properties = {},
    items = {},
    minimum = 0,
  } = resolve(schema, named)
  if (examples?.length) return examples[0]
  if (constant !== undefined) return constant
  if (words?.length) return words[0]
  const [form] = anyOf ?? oneOf ?? []
  if (form) return exampleOf(form, named)
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, exampleOf(property, named)]),
      )
    case 'array':
      return [exampleOf(items, named)]
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return minimum
    case 'null':
      return null
    default:
      return 'string'
  }
}
