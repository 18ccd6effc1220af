import { type Static, Type } from '@sinclair/typebox'
import { LoginAnswer } from './login.ts'
import { CurrentPassword } from './passwords.ts'
import { ref } from './ref.ts'
import { OpenedSession } from './sessions.ts'

const strict = { additionalProperties: false }

const Otp = Type.String({
  pattern: '^[0-9]{6}$',
  description: "What the user's app shows. Good once, for its 30 seconds and those beside them.",
  examples: ['492039'],
  'x-error-code': 'otp-invalid',
})

const RecoveryCode = Type.String({
  pattern: '^[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){3}$',
  description: 'In either case, with or without its dashes. Good once.',
  examples: ['KQ3W-7XTM-AB2F-ZLPE'],
  'x-error-code': 'recovery-code-invalid',
})

const MfaToken = Type.String({ description: 'The `mfa_token` of a login.', examples: ['eyJhbGciOiJIUzI1NiIs…'] })

export const MfaChallenge = Type.Object(
  {
    mfa_required: Type.Literal(true),
    mfa_token: Type.String({ description: 'For the second half of the login, and nothing else.' }),
    expires_in: Type.Integer({ description: 'Its life (seconds).', examples: [300] }),
    methods: Type.Array(Type.Union([Type.Literal('totp'), Type.Literal('passkey'), Type.Literal('recovery_code')]), {
      description:
        'What the account has: `totp` goes on at `login/mfa`, `recovery_code` at `login/recovery_code`, `passkey` at `login/passkey`, which is a login of its own.',
      examples: [['totp', 'recovery_code']],
    }),
  },
  { $id: 'MfaChallenge', description: 'The password was right, and a second factor is wanted', ...strict },
)
export type MfaChallenge = Static<typeof MfaChallenge>

/** What a login by password is answered: tokens, or the way to them. */
export const LoginOutcome = Type.Unsafe<Static<typeof LoginAnswer> | MfaChallenge>({
  $id: 'LoginOutcome',
  oneOf: [ref(LoginAnswer), ref(MfaChallenge)],
})

/** The same for browsers. */
export const BrowserLoginOutcome = Type.Unsafe<Static<typeof OpenedSession> | MfaChallenge>({
  $id: 'BrowserLoginOutcome',
  oneOf: [ref(OpenedSession), ref(MfaChallenge)],
})

export const OtpLogin = Type.Object(
  { mfa_token: MfaToken, otp: Otp },
  { $id: 'OtpLogin', examples: [{ mfa_token: 'eyJhbGciOiJIUzI1NiIs…', otp: '492039' }], ...strict },
)

export const RecoveryCodeLogin = Type.Object(
  { mfa_token: MfaToken, recovery_code: RecoveryCode },
  {
    $id: 'RecoveryCodeLogin',
    examples: [{ mfa_token: 'eyJhbGciOiJIUzI1NiIs…', recovery_code: 'KQ3W-7XTM-AB2F-ZLPE' }],
    ...strict,
  },
)

export const TotpStart = Type.Object(
  { password: CurrentPassword },
  { $id: 'TotpStart', examples: [{ password: 'Alderaan1977' }], ...strict },
)

export const TotpSecret = Type.Object(
  {
    secret: Type.String({ description: 'In base32, to be typed where no camera is.', examples: ['JBSWY3DPEHPK3PXP…'] }),
    uri: Type.String({ description: 'What the QR code says.', examples: ['otpauth://totp/Holocron:leia@…?secret=…'] }),
    qr_code: Type.String({ description: 'The picture, as a `data:` URI.', examples: ['data:image/png;base64,iVBOR…'] }),
  },
  { $id: 'TotpSecret', ...strict },
)

/** Bytes, which no serialiser touches. */
export const Picture = Type.Unsafe<Buffer>({ type: 'string', description: 'A PNG', contentMediaType: 'image/png' })

export const TotpProof = Type.Object({ otp: Otp }, { $id: 'TotpProof', examples: [{ otp: '492039' }], ...strict })

export const RecoveryCodes = Type.Object(
  {
    recovery_codes: Type.Array(Type.String(), {
      description: 'Ten, shown this once. Each opens the account once in place of the second factor.',
      examples: [['KQ3W-7XTM-AB2F-ZLPE']],
    }),
  },
  { $id: 'RecoveryCodes', ...strict },
)

export const RecoveryCodesLeft = Type.Object(
  { left: Type.Integer({ minimum: 0, description: 'How many were not used yet.', examples: [10] }) },
  { $id: 'RecoveryCodesLeft', ...strict },
)

export const RecoveryCodesRenewal = Type.Object(
  { otp: Type.Optional(Otp), password: Type.Optional(CurrentPassword) },
  {
    $id: 'RecoveryCodesRenewal',
    description: '`otp`; or `password`, where passkeys are the only second factor',
    examples: [{ otp: '492039' }],
    ...strict,
  },
)

export const TotpRemoval = Type.Object(
  { password: CurrentPassword, otp: Type.Optional(Otp), recovery_code: Type.Optional(RecoveryCode) },
  {
    $id: 'TotpRemoval',
    description: 'With either `otp` or `recovery_code`',
    examples: [{ password: 'Alderaan1977', otp: '492039' }],
    ...strict,
  },
)
