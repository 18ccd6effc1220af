import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** One of a few words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: { default?: Word; description?: string } = {},
) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options })
}

/**
 * Refers to a schema by its `$id`, so that OpenAPI shows one named component and not a copy. Its static type comes along.
 * @param description what it means here; a response needs one
 */
export function ref<Schema extends TSchema>(schema: Schema, description?: string) {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#`, ...(description && { description }) })
}
