/** What the pages of the account console are asked with. */
import { Type } from '@sinclair/typebox'
import { proof } from './credentials.ts'
import { emptyOr, PageQuery, redirectTo } from './hosted-pages.ts'
import { profileUpdate } from './users.ts'

/** Nothing chosen: what the browser asks for. */
export const LanguageForm = Type.Object({ locale: emptyOr(profileUpdate.locale) }, { additionalProperties: false })

export const ReauthenticateQuery = Type.Object({
  ...PageQuery.properties,
  redirect_to: redirectTo,
  /** The second factor to ask for, if not the one-time password. */
  factor: Type.Optional(Type.Literal('recovery_code')),
  /** The provider where the user has authenticated: the second factor is still to come. */
  provider: Type.Optional(Type.String({ maxLength: 64 })),
})

export const ReauthenticateForm = Type.Object(proof, { additionalProperties: false })

export const ProviderFormParams = Type.Object({ provider: Type.String({ maxLength: 64 }) })
