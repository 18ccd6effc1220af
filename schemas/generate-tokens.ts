import { Type } from '@sinclair/typebox'
import { UserId } from './users.ts'

const strict = { additionalProperties: false }

export const tokens = {
  token: Type.String({
    description: 'The access token. Send it as `Authorization: Bearer` to protected routes.',
    examples: ['eyJhbGciOiJFZERTQSIs…'],
  }),
  refresh_token: Type.String({
    description: 'The refresh token. Exchange it once at `generate_tokens` for the next pair.',
    examples: ['eyJhbGciOiJIUzI1NiIs…'],
  }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Lifetime of the access token, in seconds.', examples: [900] }),
  user_id: UserId,
}

export const Tokens = Type.Object(tokens, { $id: 'Tokens', ...strict })

const OldAccessToken = Type.Optional(
  Type.String({
    description: 'The access token to replace. It must belong to the same session, may have expired, and is revoked.',
    examples: ['eyJhbGciOiJFZERTQSIs…'],
  }),
)

export const GenerateTokensQuery = Type.Object({ old_access_token: OldAccessToken }, strict)

export const GenerateTokensRequest = Type.Object(
  { old_access_token: OldAccessToken },
  { $id: 'GenerateTokensRequest', examples: [{}], ...strict },
)
