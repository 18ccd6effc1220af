import { type TSchema, Type } from '@sinclair/typebox'
import { profileUpdate } from './users.ts'

/** What a form sends for a field that is left empty. */
const emptyOr = <Schema extends TSchema>(schema: Schema) => Type.Union([Type.Literal(''), schema])

/** The profile as a form has it: every field, the empty ones as empty texts. */
export const ProfileForm = Type.Object(
  {
    first_name: emptyOr(profileUpdate.first_name),
    last_name: emptyOr(profileUpdate.last_name),
    phone_number: emptyOr(profileUpdate.phone_number),
    address: emptyOr(profileUpdate.address),
    national_id: emptyOr(profileUpdate.national_id),
  },
  { additionalProperties: false },
)
