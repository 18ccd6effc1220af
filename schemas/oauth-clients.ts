/** Registered applications. Their members have the names of RFC 7591 and of OpenID Connect Dynamic Client Registration. */
import { type Static, type TNull, type TProperties, type TUnion, Type } from '@sinclair/typebox'
import { nullable, timestamp, UNTURNED_LINE, uuid, uuidInPath } from './common.ts'
import { errorCode } from './errors.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { oneOf, ref } from './ref.ts'

const strict = { additionalProperties: false }

/** Characters. */
const URI_MAX_LENGTH = 1024
const URIS_MAX = 20
const KEYS_MAX = 10

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_CODE,
  'password',
] as const
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const
export const APPLICATION_TYPES = ['web', 'native'] as const
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

const url = (description: string, example: string) =>
  Type.String({ maxLength: URI_MAX_LENGTH, description, examples: [example] })
const uris = (description: string, example: string) =>
  Type.Array(Type.String({ maxLength: URI_MAX_LENGTH }), {
    maxItems: URIS_MAX,
    uniqueItems: true,
    description,
    examples: [[example]],
  })
const flag = (fallback: boolean, description: string) =>
  Type.Boolean({ description: `${description} Default: \`${fallback}\`.`, examples: [fallback] })

const keyMember = Type.Optional(Type.String({ maxLength: 1500, examples: ['AQAB'] }))

/** Members of private and symmetric keys are unknown here. @see https://www.rfc-editor.org/rfc/rfc7517 */
const publicKey = Type.Object(
  {
    kty: oneOf(['EC', 'OKP', 'RSA']),
    use: Type.Optional(oneOf(['sig', 'enc'])),
    key_ops: Type.Optional(Type.Array(Type.String({ maxLength: 16 }), { maxItems: 8 })),
    alg: keyMember,
    kid: keyMember,
    crv: keyMember,
    x: keyMember,
    y: keyMember,
    n: keyMember,
    e: keyMember,
    x5t: keyMember,
    'x5t#S256': keyMember,
  },
  { ...strict, ...errorCode('client-metadata-invalid') },
)

const client_name = Type.String({
  'x-visible': true,
  minLength: 1,
  maxLength: 100,
  pattern: UNTURNED_LINE,
  description: 'What people know the application by.',
  examples: ['Holonet News'],
})

const others = {
  redirect_uris: uris(
    'Where a login leads back to, compared character by character. `https`; `http` for this machine (`localhost`, `127.0.0.1`, `[::1]`) by ' +
      'native applications and in development; for native applications also a reversed domain name as scheme (`com.example.app:/callback`).',
    'https://news.example/callback',
  ),
  post_logout_redirect_uris: uris('Where a logout may lead to, by the same rules.', 'https://news.example/'),
  grant_types: Type.Array(oneOf(GRANT_TYPES), {
    minItems: 1,
    uniqueItems: true,
    description:
      'How the application gets tokens. `password` is for first-party applications, and works if `PASSWORD_GRANT` is set. Default: ' +
      '`authorization_code`.',
    examples: [['authorization_code', 'refresh_token']],
  }),
  response_types: Type.Array(Type.Literal('code'), {
    maxItems: 1,
    description: 'Follows from `grant_types`: `code` with `authorization_code`, otherwise none.',
    examples: [['code']],
  }),
  token_endpoint_auth_method: oneOf(AUTH_METHODS, {
    description:
      'How the application authenticates at the token endpoint; `none` for public clients, which keep no secret: single-page and native ' +
      'applications. Default: `client_secret_basic`.',
  }),
  jwks: Type.Object(
    { keys: Type.Array(publicKey, { minItems: 1, maxItems: KEYS_MAX }) },
    { ...strict, description: "The application's public keys, for `private_key_jwt`. Or `jwks_uri`." },
  ),
  jwks_uri: url('Where they are published.', 'https://news.example/jwks.json'),
  application_type: oneOf(APPLICATION_TYPES, {
    description: '`native` for applications on a device of the user. Default: `web`.',
  }),
  scope: Type.String({
    minLength: 1,
    maxLength: 1000,
    // https://www.rfc-editor.org/rfc/rfc6749#section-3.3
    pattern: '^[!#-\\[\\]-~]+( [!#-\\[\\]-~]+)*$',
    description:
      'The scopes that the application may ask for, separated by spaces. Default: `openid profile email`, and `offline_access` with ' +
      '`refresh_token`; none for applications without users.',
    examples: ['openid profile email offline_access'],
  }),
  id_token_signed_response_alg: oneOf(ID_TOKEN_ALGORITHMS, {
    description: 'The algorithm that its ID tokens are signed with. Default: `RS256`.',
  }),
  backchannel_logout_uri: url(
    'Is sent a logout token when a session of one of its users ends.',
    'https://news.example/backchannel-logout',
  ),
  backchannel_logout_session_required: flag(false, 'Whether logout tokens must name the session.'),
  client_uri: url('Home page of the application.', 'https://news.example/about'),
  policy_uri: url('Its privacy policy.', 'https://news.example/privacy'),
  tos_uri: url('Its terms of service.', 'https://news.example/terms'),
  require_pkce: flag(true, 'Whether logins must use PKCE. Public clients always must.'),
  first_party: flag(false, 'Whether it is one of our own: its users are not asked for consent.'),
  dpop_bound_access_tokens: flag(false, 'Whether its access tokens must be bound to a key of its own, by DPoP.'),
}

/** An application that leads users here and back, as most do. */
const EXAMPLE = {
  client_name: 'Holonet News',
  redirect_uris: ['https://news.example/callback'],
  post_logout_redirect_uris: ['https://news.example/'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access',
}

export const NewOAuthClient = Type.Object(
  { client_name, ...optional(others) },
  { $id: 'NewOAuthClient', ...strict, examples: [EXAMPLE] },
)
export type NewOAuthClient = Static<typeof NewOAuthClient>

export const OAuthClientUpdate = Type.Object(
  { client_name: Type.Optional(client_name), ...optional(nullableAll(others)) },
  { $id: 'OAuthClientUpdate', ...strict, examples: [{ client_name: 'Holonet News', client_uri: null }] },
)
export type OAuthClientUpdate = Static<typeof OAuthClientUpdate>

const { jwks, jwks_uri, scope, backchannel_logout_uri, client_uri, policy_uri, tos_uri, ...required } = others

/** With the defaults. */
const metadata = {
  client_name,
  ...required,
  ...optional({ jwks, jwks_uri, scope, backchannel_logout_uri, client_uri, policy_uri, tos_uri }),
}
const ClientMetadata = Type.Object(metadata)
export type ClientMetadata = Static<typeof ClientMetadata>

const client = {
  client_id: uuid('Unique identifier of the application.'),
  ...metadata,
  created: timestamp('When it was registered.'),
  updated: timestamp('When it was last changed.'),
  previous_secret_expires: nullable(timestamp('Until when the secret before the last rotation is valid, too.')),
}

/** As registered by the example of a request. */
const example = {
  client_id: '4f1c9f0e-52f4-4b7a-9d0e-6a9c1d2b3e4f',
  ...EXAMPLE,
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_basic',
  application_type: 'web',
  id_token_signed_response_alg: 'RS256',
  backchannel_logout_session_required: false,
  require_pkce: true,
  first_party: false,
  dpop_bound_access_tokens: false,
  created: '2026-05-25T12:00:00.000Z',
  updated: '2026-05-25T12:00:00.000Z',
  previous_secret_expires: null,
}

export const OAuthClient = Type.Object(client, { $id: 'OAuthClient', ...strict, examples: [example] })
export type OAuthClient = Static<typeof OAuthClient>

const SECRET_EXAMPLE = 'Yzc3ZTQxNTgtYjM3Ni00YjE5LWE5NTktZTYyZGFhYzU'
const client_secret = Type.String({
  description: 'The secret: shown this once, and kept as a hash.',
  examples: [SECRET_EXAMPLE],
})

export const RegisteredOAuthClient = Type.Object(
  { ...client, client_secret: Type.Optional(client_secret) },
  { $id: 'RegisteredOAuthClient', ...strict, examples: [{ ...example, client_secret: SECRET_EXAMPLE }] },
)

export const OAuthClients = Type.Object(
  { results: Type.Array(ref(OAuthClient)), next_cursor: NextCursor },
  { $id: 'OAuthClients', ...strict },
)

export const OAuthClientsQuery = Type.Object(pageQuery, strict)

export const OAuthClientParams = Type.Object({ client_id: uuidInPath('Unique identifier of the application.') })

export const SecretRotation = Type.Object(
  {
    revoke: Type.Optional(
      Type.Boolean({
        description:
          'After a leak: the previous secret, and the tokens that the application got for itself, are invalid at once. Default: `false`.',
        examples: [false],
      }),
    ),
  },
  { $id: 'SecretRotation', ...strict },
)

export const ClientSecret = Type.Object(
  {
    client_secret,
    previous_secret_expires: nullable(timestamp('Until when the previous secret is valid, too.')),
  },
  { $id: 'ClientSecret', ...strict },
)

function optional<Properties extends TProperties>(properties: Properties) {
  return Type.Partial(Type.Object(properties)).properties
}

/** `null` brings back the default, or removes a member that has none. */
function nullableAll<Properties extends TProperties>(properties: Properties) {
  const members = Object.entries(properties).map(([name, schema]) => [name, nullable(schema)])
  return Object.fromEntries(members) as { [Name in keyof Properties]: TUnion<[Properties[Name], TNull]> }
}
