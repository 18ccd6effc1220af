import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** An enumeration of strings. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: { $id?: string; default?: Word; description?: string } = {},
) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options })
}

/**
 * References a schema by its `$id`, so that OpenAPI shows one named component instead of copies. The static type comes along.
 * @param description what it means in this place; required for a response
 */
export function ref<Schema extends TSchema>(schema: Schema, description?: string) {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#`, ...(description && { description }) })
}

/** The response 201, whose `Location` is the URL of what was created. */
export function created<Schema extends TSchema>(schema: Schema, description: string) {
  const headers = { Location: { type: 'string', description: 'The URL of what was created.' } }
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#`, description, headers })
}
