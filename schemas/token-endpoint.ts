/** The login as OAuth clients send it: by a form, with the names of RFC 6749. */
import { type Static, Type } from '@sinclair/typebox'
import { ApiError } from './api-error.ts'
import { LoginPassword } from './credentials.ts'
import { Email } from './email.ts'
import { errorCode } from './errors.ts'
import { tokens } from './generate-tokens.ts'
import { MfaChallenge, passwordChangeAdvised } from './login.ts'
import { oneOf } from './ref.ts'

const strict = { additionalProperties: false }

const ignored = (description: string) => Type.Optional(Type.String({ description: `${description} Ignored.` }))

/** `additionalProperties`: an endpoint ignores parameters that it does not know. @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2 */
export const TokenRequest = Type.Object(
  {
    grant_type: Type.Optional({
      ...oneOf(['password', 'refresh_token'], { default: 'password', description: 'What is exchanged for tokens.' }),
      ...errorCode('unsupported-grant-type'),
    }),
    username: Type.Optional({ ...Email, description: 'The e-mail address, with the grant type `password`.' }),
    password: Type.Optional({ ...LoginPassword, description: 'The password, with the grant type `password`.' }),
    refresh_token: Type.Optional(
      Type.String({
        description: 'The refresh token, with the grant type `refresh_token`. It works once.',
        examples: ['eyJhbGciOiJIUzI1NiIs…'],
      }),
    ),
    scope: ignored('The tokens of this endpoint may do what their user may.'),
    client_id: ignored('Registered applications use `/oauth2` instead.'),
    client_secret: ignored('The same.'),
  },
  {
    $id: 'TokenRequest',
    examples: [{ grant_type: 'password', username: 'leia@alderaan.example', password: 'Alderaan1977' }],
    additionalProperties: true,
  },
)
export type TokenRequest = Static<typeof TokenRequest>

export const TokenResponse = Type.Object(
  {
    access_token: tokens.token,
    token_type: tokens.token_type,
    expires_in: tokens.expires_in,
    refresh_token: tokens.refresh_token,
    password_change_advised: passwordChangeAdvised,
  },
  { $id: 'TokenResponse', description: 'The tokens of a session.', ...strict },
)

const OAuthErrorCode = oneOf(
  [
    'invalid_request',
    'invalid_grant',
    'unsupported_grant_type',
    'mfa_required',
    'temporarily_unavailable',
    'server_error',
  ],
  { description: 'The error code for OAuth clients. Others branch on `message`.' },
)
export type OAuthErrorCode = Static<typeof OAuthErrorCode>

const { mfa_required: _, ...challenge } = MfaChallenge.properties

/** The form that the service's other errors have, with the `error` of RFC 6749 in place of the reason phrase. */
export const OAuthError = Type.Object(
  {
    ...ApiError.properties,
    error: OAuthErrorCode,
    error_description: Type.String({
      description: 'What the error code means. The wording may change.',
      examples: ['The account requires a second factor.'],
    }),
    ...Type.Partial(Type.Object(challenge)).properties,
  },
  {
    $id: 'OAuthError',
    description: 'An error. With `mfa_required` it has the `mfa_token` that completes the login, and the `methods`.',
    ...strict,
  },
)
