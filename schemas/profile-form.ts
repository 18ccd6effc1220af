import { Type } from '@sinclair/typebox'
import { emptyOr, PageQuery, redirectTo } from './hosted-pages.ts'
import { profileUpdate } from './users.ts'

export const ProfileQuery = Type.Object({ ...PageQuery.properties, redirect_to: redirectTo })

/** The profile as a form has it: every field, the empty ones as empty texts. */
export const ProfileForm = Type.Object(
  {
    first_name: emptyOr(profileUpdate.first_name),
    last_name: emptyOr(profileUpdate.last_name),
    phone_number: emptyOr(profileUpdate.phone_number),
    address: emptyOr(profileUpdate.address),
    national_id: emptyOr(profileUpdate.national_id),
    version: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
)
