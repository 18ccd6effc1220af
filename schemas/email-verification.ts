import { Type } from '@sinclair/typebox'

const strict = { additionalProperties: false }

const token = Type.Optional(
  Type.String({
    description: 'The token from the link in the mail.',
    examples: ['KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk'],
  }),
)

export const EmailVerificationQuery = Type.Object({ token }, strict)

export const EmailVerificationRequest = Type.Object(
  { token },
  { $id: 'EmailVerificationRequest', examples: [{ token: 'KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk' }], ...strict },
)
