import { type Static, Type } from '@sinclair/typebox'
import { Ok } from './common.ts'
import { proof } from './credentials.ts'
import { LoginResponse, MfaChallenge } from './login.ts'
import { ref } from './ref.ts'

const strict = { additionalProperties: false }
const text = (maxLength: number, description: string, example: string) =>
  Type.String({ minLength: 1, maxLength, description, examples: [example] })

export const Provider = Type.Object(
  {
    provider: Type.String({ description: 'Its key, as in the paths below.', examples: ['github'] }),
    name: Type.String({ description: 'Its name, for a button.', examples: ['GitHub'] }),
    authorize_url: Type.String({
      description: 'Where to send a browser for a login.',
      examples: ['https://accounts.example.com/social/v1/github/authorize'],
    }),
  },
  { $id: 'Provider', ...strict },
)

export const Providers = Type.Object({ results: Type.Array(ref(Provider)) }, { $id: 'Providers', ...strict })

export const ProviderParams = Type.Object({
  provider: Type.String({ maxLength: 31, description: 'The key of a provider.', examples: ['github'] }),
})

/** Kept in a cookie of limited size. */
const redirectTo = Type.Optional(
  text(512, 'Where the browser goes after the login: a page of the service, or one of `REDIRECT_URLS`.', '/account'),
)

/** Links that people share get parameters of their own: they are ignored. */
export const AuthorizeQuery = Type.Object({
  redirect_to: redirectTo,
  lang: Type.Optional(text(64, 'The language of the pages that follow.', 'de')),
  remember: Type.Optional(
    Type.Boolean({
      default: true,
      description: '`false`: the session cookie is deleted when the browser is closed.',
      examples: [false],
    }),
  ),
})

/** Whatever the provider adds reaches the check of its response. */
export const CallbackQuery = Type.Object({
  state: Type.Optional(
    Type.String({ maxLength: 512, description: 'As sent to the provider.', examples: ['af0ifjsldkj'] }),
  ),
  code: Type.Optional(
    Type.String({ maxLength: 4096, description: "The provider's authorization code.", examples: ['4/0AX4XfWh…'] }),
  ),
  error: Type.Optional(
    Type.String({ maxLength: 512, description: "The provider's error code.", examples: ['access_denied'] }),
  ),
})

export const ProviderRedirect = Type.Object(
  {
    authorize_url: Type.String({
      description: 'Where to send the browser.',
      examples: ['https://accounts.google.com/o/oauth2/v2/auth?client_id=…'],
    }),
  },
  { $id: 'ProviderRedirect', ...strict },
)

/** Beside the redirect. */
export const redirectForScripts = ref(
  ProviderRedirect,
  'For `Accept: application/json`: the URL, as a script cannot follow the redirect.',
)
export type ProviderRedirect = Static<typeof ProviderRedirect>

/** Of a browser that is logged in. */
export const ProviderRedirectRequest = Type.Object(
  { redirect_to: redirectTo },
  { $id: 'ProviderRedirectRequest', examples: [{ redirect_to: '/account' }], ...strict },
)

const code = text(4096, 'The authorization code; needs its `redirect_uri`, unless a transaction has it.', '4/0AX4XfWh…')
const redirectUri = Type.String({
  maxLength: 2048,
  format: 'uri',
  pattern: '^[^?#]+$',
  description: 'The redirect URI of the code.',
  examples: ['https://app.example.com/callback'],
})
const codeVerifier = Type.String({
  minLength: 43,
  maxLength: 128,
  pattern: '^[\\w.~-]*$',
  description: 'The PKCE verifier of the code.',
  examples: ['dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
})
const idToken = text(16_384, 'An ID token that the application got itself; needs its nonce.', 'eyJhbGciOiJSUzI1NiIs…')
const transaction = text(
  4096,
  'From `…/transaction`: its state, nonce and verifier are used, and it works once.',
  '1f9c….eyJ…',
)

export const SocialLoginRequest = Type.Object(
  {
    code: Type.Optional(code),
    redirect_uri: Type.Optional(redirectUri),
    code_verifier: Type.Optional(codeVerifier),
    id_token: Type.Optional(idToken),
    nonce: Type.Optional(text(512, 'The nonce of the login, of an ID token or a code.', 'n-0S6_WzA2Mj')),
    access_token: Type.Optional(text(4096, 'An access token that the application got itself (Facebook).', 'EAAG…')),
    transaction: Type.Optional(transaction),
  },
  {
    $id: 'SocialLoginRequest',
    description: 'Exactly one of `code`, `id_token` and `access_token`.',
    examples: [
      {
        code: '4/0AX4XfWh…',
        redirect_uri: 'https://app.example.com/callback',
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      },
    ],
    ...strict,
  },
)
export type SocialLoginRequest = Static<typeof SocialLoginRequest>

export const SocialReauthenticationRequest = Type.Object(
  {
    transaction,
    code: Type.Optional(code),
    redirect_uri: Type.Optional(redirectUri),
    id_token: Type.Optional(idToken),
    otp: proof.otp,
    recovery_code: proof.recovery_code,
  },
  {
    $id: 'SocialReauthenticationRequest',
    description:
      'Either `code` or `id_token`, with the transaction that it was obtained by, and `otp` or `recovery_code` if the account has a second factor.',
    examples: [{ transaction: '1f9c….eyJ…', code: '4/0AX4XfWh…', otp: '492039' }],
    ...strict,
  },
)

/** Tokens, a challenge, or that the provider is linked now. */
export const SocialLoginOutcome = Type.Unsafe<Static<typeof LoginResponse> | MfaChallenge | Static<typeof Ok>>({
  $id: 'SocialLoginOutcome',
  oneOf: [ref(LoginResponse), ref(MfaChallenge), ref(Ok)],
})

export const TransactionRequest = Type.Object(
  {
    redirect_uri: Type.Optional(redirectUri),
    reauthenticate: Type.Optional(
      Type.Boolean({
        description: 'The provider is to authenticate the user anew, even if logged in there.',
        examples: [true],
      }),
    ),
  },
  { $id: 'SocialTransactionRequest', examples: [{ redirect_uri: 'https://app.example.com/callback' }], ...strict },
)

export type TransactionRequest = Static<typeof TransactionRequest>

export const Transaction = Type.Object(
  {
    transaction: Type.String({
      description: 'Keep it, and send it with what the provider returns.',
      examples: ['1f9c….eyJ…'],
    }),
    state: Type.String({
      description: 'The `state` that must come back from the provider.',
      examples: ['af0ifjsldkj'],
    }),
    nonce: Type.String({ description: 'The `nonce` for an SDK of the provider.', examples: ['n-0S6_WzA2Mj'] }),
    authorize_url: Type.String({
      description: 'Where to send the user; it has state, nonce and PKCE challenge. Empty without `redirect_uri`.',
      examples: ['https://accounts.google.com/o/oauth2/v2/auth?client_id=…'],
    }),
    expires_in: Type.Integer({ description: 'Lifetime of the transaction, in seconds.', examples: [600] }),
  },
  { $id: 'SocialTransaction', ...strict },
)
export type Transaction = Static<typeof Transaction>

/** A browser that is logged in is sent to the provider. */
export const browserRedirect = {
  consumes: ['application/json', 'application/x-www-form-urlencoded'],
  params: ProviderParams,
  body: ref(ProviderRedirectRequest),
  response: {
    200: redirectForScripts,
    303: { type: 'null', description: 'To the provider.' },
  },
} as const
