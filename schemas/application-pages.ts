/** What the pages about applications are asked with. */
import { Type } from '@sinclair/typebox'
import { PageQuery } from './hosted-pages.ts'

/** `updated` of the application that the form was opened with. */
const version = Type.Optional(Type.String({ maxLength: 32 }))

export const ApplicationFormQuery = Type.Object({ ...PageQuery.properties, version })

/** A checkbox is absent unless it is checked. */
export const SecretForm = Type.Object(
  { version, revoke: Type.Optional(Type.Literal('on')) },
  { additionalProperties: false },
)
