import { Type } from '@sinclair/typebox'
import { Otp, proof } from './credentials.ts'

const strict = { additionalProperties: false }

export const TotpSetupRequest = Type.Object(proof, {
  $id: 'TotpSetupRequest',
  examples: [{ password: 'Alderaan1977' }],
  ...strict,
})

export const TotpSetup = Type.Object(
  {
    secret: Type.String({
      description: 'The secret in base32, to type in where the QR code cannot be scanned.',
      examples: ['JBSWY3DPEHPK3PXP…'],
    }),
    uri: Type.String({
      description: 'The `otpauth:` URI that the QR code encodes.',
      examples: ['otpauth://totp/Holocron:leia@…?secret=…'],
    }),
    qr_code: Type.String({
      description: 'The QR code as a PNG in a `data:` URI.',
      examples: ['data:image/png;base64,iVBOR…'],
    }),
  },
  { $id: 'TotpSetup', ...strict },
)

/** Bytes, sent without serialization. */
export const QrCode = Type.Unsafe<Buffer>({
  type: 'string',
  description: 'A PNG image.',
  contentMediaType: 'image/png',
})

export const TotpVerifyRequest = Type.Object(
  { otp: Otp },
  { $id: 'TotpVerifyRequest', examples: [{ otp: '492039' }], ...strict },
)

export const TotpDisableRequest = Type.Object(proof, {
  $id: 'TotpDisableRequest',
  examples: [{ password: 'Alderaan1977', otp: '492039' }],
  ...strict,
})
