import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp } from './common.ts'
import { proof } from './credentials.ts'
import { NewEmail } from './email.ts'
import { errorCode } from './errors.ts'
import { lang } from './hosted-pages.ts'
import { ref } from './ref.ts'

const strict = { additionalProperties: false }

const ID_EXAMPLE = '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'

export const LoginMethod = Type.Object(
  {
    id: Type.String({
      description: 'Identifies the method: `password`, or a UUID. It never changes.',
      examples: [ID_EXAMPLE],
    }),
    provider: Type.String({ description: '`password`, `passkey` or the key of a provider.', examples: ['github'] }),
    email: nullable(
      Type.String({
        description: "The account's address for the password; for a provider, the one that it named last.",
        examples: ['leia@alderaan.example'],
      }),
    ),
    name: nullable(
      Type.String({
        description: 'The name of the user at the provider, or of the passkey.',
        examples: ['Leia Organa'],
      }),
    ),
    linked_at: nullable(timestamp('When the method was added. Not known for the password.')),
    last_used_at: nullable(timestamp('When the user last logged in with it. Not known for the password.')),
  },
  { $id: 'LoginMethod', ...strict },
)
export type LoginMethod = Static<typeof LoginMethod>

export const LoginMethods = Type.Object({ results: Type.Array(ref(LoginMethod)) }, { $id: 'LoginMethods', ...strict })

export const LoginMethodParams = Type.Object({
  login_method_id: Type.String({
    pattern: '^(?:password|[0-9a-f-]{36})$',
    description: 'The id of the method.',
    examples: [ID_EXAMPLE],
    ...errorCode('login-method-not-found'),
  }),
})

export const LoginMethodRemovalRequest = Type.Object(proof, {
  $id: 'LoginMethodRemovalRequest',
  examples: [{ password: 'Alderaan1977' }],
  ...strict,
})

const signupToken = Type.String({
  maxLength: 8192,
  description: 'The `signup_token` from the details of `email-required`.',
  examples: ['0f6e1c2b9a7d4e53.mZx0…'],
})

export const ProviderSignupQuery = Type.Object({ signup_token: signupToken, lang }, strict)

export const ProviderSignupRequest = Type.Object(
  { signup_token: signupToken, email: NewEmail },
  {
    $id: 'ProviderSignupRequest',
    examples: [{ signup_token: '0f6e1c2b9a7d4e53.mZx0…', email: 'leia@alderaan.example' }],
    ...strict,
  },
)
