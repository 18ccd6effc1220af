import { Type } from '@sinclair/typebox'
import { Email, password } from './common.ts'
import { oneOf } from './ref.ts'

const strict = { additionalProperties: false }

const credentials = { email: 'leia@alderaan.example', password: 'Alderaan1977' }

export const AccessRole = oneOf(['basic', 'admin'], {
  description: 'Roles are ordered: `admin` may do what `basic` may.',
})

export const SignupRequest = Type.Object(
  { email: Email, password: password(), access_role: Type.Optional(AccessRole) },
  { $id: 'SignupRequest', examples: [credentials], ...strict },
)

export const LoginRequest = Type.Object(
  { email: Email, password: password() },
  { $id: 'LoginRequest', examples: [credentials], ...strict },
)

const tokens = {
  token: Type.String({ description: 'The access token: for `Authorization: Bearer` on protected routes.' }),
  refresh_token: Type.String({ description: 'For `generate_tokens`, once.' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Life of the access token (seconds).', examples: [900] }),
  user_id: Type.String({ examples: ['01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'] }),
}

export const Tokens = Type.Object(tokens, { $id: 'Tokens', ...strict })

export const LoginAnswer = Type.Object(
  { ...tokens, email: Type.String({ examples: ['leia@alderaan.example'] }) },
  { $id: 'LoginAnswer', ...strict },
)

const OldAccessToken = Type.Optional(
  Type.String({ description: 'The access token of the same session, expired or not. It is dead afterwards.' }),
)

export const GenerateTokensQuery = Type.Object({ old_access_token: OldAccessToken }, strict)

export const GenerateTokensRequest = Type.Object(
  { old_access_token: OldAccessToken },
  { $id: 'GenerateTokensRequest', examples: [{}], ...strict },
)

const OneTimeToken = Type.Optional(Type.String({ description: 'The token of the mailed link.' }))

export const EmailVerificationQuery = Type.Object({ token: OneTimeToken }, strict)

export const EmailVerificationRequest = Type.Object(
  { token: OneTimeToken },
  { $id: 'EmailVerificationRequest', examples: [{ token: 'KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk' }], ...strict },
)

export const ResendVerificationRequest = Type.Object(
  { email: Email },
  { $id: 'ResendVerificationRequest', examples: [{ email: credentials.email }], ...strict },
)
