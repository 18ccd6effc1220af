/** Schemas that belong to no single resource. */
import { type TSchema, Type } from '@sinclair/typebox'

export const Ok = Type.Object({ status: Type.Literal('ok') }, { $id: 'Ok', additionalProperties: false })

/** A date and time in UTC. */
export const timestamp = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-05-25T12:00:00.000Z'] })

export const nullable = <Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options)

/** The response 304 to a request with `If-None-Match`. */
export const NotModified = Type.Null({
  description: 'The client has this response already: its `ETag` is in `If-None-Match`.',
})
