import { type Static, Type } from '@sinclair/typebox'
import { LoginPassword, Otp, RecoveryCode } from './credentials.ts'
import { Email } from './email.ts'
import { tokens } from './generate-tokens.ts'
import { ref } from './ref.ts'
import { Assertion, assertionExample } from './webauthn.ts'

const strict = { additionalProperties: false }

export const LoginRequest = Type.Object(
  { email: Email, password: LoginPassword },
  { $id: 'LoginRequest', examples: [{ email: 'leia@alderaan.example', password: 'Alderaan1977' }], ...strict },
)

export const passwordChangeAdvised = Type.Optional(
  Type.Literal(true, {
    description:
      'Present only if `ADVISE_PASSWORD_CHANGE` is set and the password violates the rule for new passwords: ask the user to change it.',
  }),
)

export const LoginResponse = Type.Object(
  {
    ...tokens,
    email: Type.String({ description: "The user's e-mail address.", examples: ['leia@alderaan.example'] }),
    password_change_advised: passwordChangeAdvised,
  },
  { $id: 'LoginResponse', description: 'The tokens of a new session.', ...strict },
)

export const MfaChallenge = Type.Object(
  {
    mfa_required: Type.Literal(true),
    mfa_token: Type.String({
      description: 'Identifies this login while it waits for the second factor. It authorizes nothing else.',
      examples: ['eyJhbGciOiJIUzI1NiIs…'],
    }),
    expires_in: Type.Integer({ description: 'Lifetime of the `mfa_token`, in seconds.', examples: [300] }),
    methods: Type.Array(Type.Union([Type.Literal('totp'), Type.Literal('passkey'), Type.Literal('recovery_code')]), {
      description:
        'The second factors of the account. Complete the login with `totp` at `login/mfa` or with `recovery_code` at `login/recovery_code`. `passkey` starts a login of its own at `login/passkey`.',
      examples: [['totp', 'recovery_code']],
    }),
    password_change_advised: passwordChangeAdvised,
  },
  { $id: 'MfaChallenge', description: 'The password is correct, and the account requires a second factor.', ...strict },
)
export type MfaChallenge = Static<typeof MfaChallenge>

/** The response to a login with a password: tokens, or a challenge. */
export const LoginOutcome = Type.Unsafe<Static<typeof LoginResponse> | MfaChallenge>({
  $id: 'LoginOutcome',
  oneOf: [ref(LoginResponse), ref(MfaChallenge)],
})

const mfaToken = Type.String({ description: 'The `mfa_token` of the login.', examples: ['eyJhbGciOiJIUzI1NiIs…'] })

export const OtpLoginRequest = Type.Object(
  { mfa_token: mfaToken, otp: Otp },
  { $id: 'OtpLoginRequest', examples: [{ mfa_token: 'eyJhbGciOiJIUzI1NiIs…', otp: '492039' }], ...strict },
)

export const RecoveryCodeLoginRequest = Type.Object(
  { mfa_token: mfaToken, recovery_code: RecoveryCode },
  {
    $id: 'RecoveryCodeLoginRequest',
    examples: [{ mfa_token: 'eyJhbGciOiJIUzI1NiIs…', recovery_code: 'KQ3W-7XTM-AB2F-ZLPE' }],
    ...strict,
  },
)

export const PasskeyLoginRequest = Type.Object(
  { credential: Assertion },
  { $id: 'PasskeyLoginRequest', examples: [{ credential: assertionExample }], ...strict },
)
