/** What the pages about applications are asked with. */
import { Type } from '@sinclair/typebox'
import { PageQuery, version } from './hosted-pages.ts'

export const ApplicationFormQuery = Type.Object({ ...PageQuery.properties, version })

/** A checkbox is absent unless it is checked. */
export const SecretForm = Type.Object(
  { version, revoke: Type.Optional(Type.Literal('on')) },
  { additionalProperties: false },
)
