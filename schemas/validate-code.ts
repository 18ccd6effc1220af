import { Type } from '@sinclair/typebox'
import { typedCode } from './credentials.ts'
import { Email } from './email.ts'
import { errorCode } from './errors.ts'

const strict = { additionalProperties: false }

export const ValidateCodeRequest = Type.Object(
  {
    email: Email,
    code: Type.String({
      ...typedCode,
      pattern: '^[0-9]{6}$',
      description: 'The six digits from the most recent mail. White space and dashes are ignored.',
      examples: ['113800'],
      ...errorCode('code-invalid'),
    }),
  },
  { $id: 'ValidateCodeRequest', examples: [{ email: 'leia@alderaan.example', code: '113800' }], ...strict },
)

export const ResetToken = Type.Object(
  {
    reset_token: Type.String({
      description: 'Send it once to `password_reset`.',
      examples: ['KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk'],
    }),
  },
  { $id: 'ResetToken', ...strict },
)
