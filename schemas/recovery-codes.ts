import { Type } from '@sinclair/typebox'
import { proof } from './credentials.ts'

const strict = { additionalProperties: false }

export const recoveryCodes = (description: string) =>
  Type.Array(Type.String(), { description, examples: [['KQ3W-7XTM-AB2F-ZLPE', 'MZXW-6YTB-OI5D-QNRS']] })

export const RecoveryCodes = Type.Object(
  {
    recovery_codes: recoveryCodes(
      'Ten recovery codes, returned only this once. Each replaces the second factor in one login.',
    ),
  },
  { $id: 'RecoveryCodes', ...strict },
)

export const RecoveryCodesLeft = Type.Object(
  { left: Type.Integer({ minimum: 0, description: 'Number of unused recovery codes.', examples: [10] }) },
  { $id: 'RecoveryCodesLeft', ...strict },
)

export const RecoveryCodesRequest = Type.Object(proof, {
  $id: 'RecoveryCodesRequest',
  examples: [{ password: 'Alderaan1977', otp: '492039' }],
  ...strict,
})
