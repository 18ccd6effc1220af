/** Schemas that belong to no single resource. */
import { type TSchema, Type } from '@sinclair/typebox'
import { errorCode } from './errors.ts'

export const Ok = Type.Object({ status: Type.Literal('ok') }, { $id: 'Ok', additionalProperties: false })

/** A date and time in UTC. */
export const timestamp = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-05-25T12:00:00.000Z'] })

const UUID_EXAMPLE = '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'

/** A UUID. */
export const uuid = (description: string) => Type.String({ description, examples: [UUID_EXAMPLE] })

/**
 * A UUID in a path. Anything else names no resource, and is `not-found`; it never reaches MySQL, whose collations could not compare its characters
 * with those of an id.
 */
export const uuidInPath = (description: string) =>
  Type.String({
    pattern: '^[0-9a-f-]{36}$',
    description,
    examples: [UUID_EXAMPLE],
    ...errorCode('not-found'),
  })

/** @param options by default the description of the schema */
export const nullable = <Schema extends TSchema>(
  schema: Schema,
  options: { description?: string } = schema.description ? { description: schema.description } : {},
) => Type.Union([schema, Type.Null()], options)

/** One line without control characters; null, or nothing, where there is none. */
export const line = (maxLength: number, description: string, example: string) =>
  nullable(Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{Cc}\\p{Cs}]*$', examples: [example] }), {
    description,
  })

/** The response 304 to a request with `If-None-Match`. */
/** What others decide by: a line without marks that turn the direction of what follows. @see https://www.unicode.org/reports/tr9/ */
export const UNTURNED_LINE = '^[^\\p{Cc}\\p{Cs}\\u202A-\\u202E\\u2066-\\u2069]*$'

export const NotModified = Type.Null({
  description: 'The client has this response already: its `ETag` is in `If-None-Match`.',
})
