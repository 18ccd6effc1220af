/** What the pages for second factors are asked with. */
import { Type } from '@sinclair/typebox'
import { emptyOr, PageQuery, redirectTo } from './hosted-pages.ts'
import { PasskeyName } from './passkeys.ts'
import { Attestation } from './webauthn.ts'

const strict = { additionalProperties: false }

export const TwoFactorQuery = Type.Object({
  ...PageQuery.properties,
  /** Where to go once there is a second factor: the page that asked for it. */
  redirect_to: redirectTo,
})

/** No name: an empty field. */
const name = emptyOr(PasskeyName)

export const PasskeyNameForm = Type.Object({ name }, { examples: [{ name: 'My laptop' }], ...strict })

export const NewPasskeyForm = Type.Object({ name, credential: Attestation }, strict)

const CODE = '[A-Z2-7]{4}(-[A-Z2-7]{4}){3}'

/** As the page shows them, separated by spaces. */
export const RecoveryCodesForm = Type.Object(
  { codes: Type.String({ pattern: `^${CODE}( ${CODE}){0,9}$`, maxLength: 256 }) },
  strict,
)
