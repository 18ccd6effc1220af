/** What the pages about applications are asked with. */
import { Type } from '@sinclair/typebox'
import { PageQuery } from './hosted-pages.ts'

/** As `randomUUID` writes it. */
const UUID = '^[0-9a-f-]{36}$'

/** `updated` of the application that the form was opened with. */
const version = Type.Optional(Type.String({ maxLength: 32 }))

export const ApplicationFormQuery = Type.Object({ ...PageQuery.properties, version })

/** The id of the application to be: the same form, sent twice, registers one. */
export const NewApplicationQuery = Type.Object({
  ...PageQuery.properties,
  id: Type.Optional(Type.String({ pattern: UUID })),
})

/** A checkbox is absent unless it is checked. */
export const SecretForm = Type.Object(
  { version, revoke: Type.Optional(Type.Literal('on')) },
  { additionalProperties: false },
)
