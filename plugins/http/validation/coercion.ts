/** Query strings and path parameters are text. Turns it into what their schema asks for, so that handlers and generated clients see numbers and booleans. */

interface Property {
  $ref?: string
  type?: unknown
}

type Coercion = (text: string) => unknown

/** One spelling each: `+5`, `05`, `5.0`, `1e2` and `0x10` stay text, which the validation then rejects. */
const INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/

const COERCIONS: Record<string, Coercion> = {
  // An integer that a number cannot hold exactly must not become another one.
  integer: text => (INTEGER.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text),
  boolean: text => (text === 'true' ? true : text === 'false' ? false : text),
}

/**
 * @param schemas the named schemas, which a property may refer to
 * @returns what replaces the values of an object in place; values that do not match are left as they are
 */
export function coercerOf(schema: { properties?: Record<string, Property> }, schemas: Record<string, unknown>) {
  const coercions = new Map<string, Coercion>()
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const { type } = property.$ref ? (schemas[property.$ref.replace(/#$/, '')] as Property) : property
    const coercion = COERCIONS[String(type)]
    if (coercion) coercions.set(name, coercion)
  }
  return (values: Record<string, unknown>): void => {
    for (const name in values) {
      const coercion = coercions.get(name)
      if (coercion && typeof values[name] === 'string') values[name] = coercion(values[name])
    }
  }
}
