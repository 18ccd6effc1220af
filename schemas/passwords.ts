import { Type } from '@sinclair/typebox'
import { Email, Ok, password } from './common.ts'
import { Tokens } from './login.ts'
import { ref } from './ref.ts'

const strict = { additionalProperties: false }

/** Whatever it is, it is compared and never kept: it may be older than the rule. */
export const CurrentPassword = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: "The caller's own.",
  examples: ['Alderaan1977'],
})

export const PasswordChange = Type.Object(
  { old_password: CurrentPassword, new_password: password() },
  { $id: 'PasswordChange', examples: [{ old_password: 'Alderaan1977', new_password: 'Bespin1980' }], ...strict },
)

/** A browser's session stays in its cookie, out of reach of scripts. */
export const ChangedPassword = Type.Union([ref(Tokens), ref(Ok)], { $id: 'ChangedPassword' })

export const PasswordForgottenRequest = Type.Object(
  { email: Email },
  { $id: 'PasswordForgottenRequest', examples: [{ email: 'leia@alderaan.example' }], ...strict },
)

export const ValidateCodeRequest = Type.Object(
  {
    email: Email,
    code: Type.String({
      pattern: '^[0-9]{6}$',
      description: 'The six digits of the newest mail.',
      examples: ['113800'],
      'x-error-code': 'code-invalid',
    }),
  },
  { $id: 'ValidateCodeRequest', examples: [{ email: 'leia@alderaan.example', code: '113800' }], ...strict },
)

export const ResetToken = Type.Object(
  { reset_token: Type.String({ description: 'For `password_reset`, once.' }) },
  { $id: 'ResetToken', ...strict },
)

const token = Type.Optional(
  Type.String({ description: 'The token of the mailed link, or the `reset_token` that a code was exchanged for.' }),
)

export const PasswordResetQuery = Type.Object({ token }, strict)

export const PasswordReset = Type.Object(
  { token, new_password: password() },
  {
    $id: 'PasswordReset',
    examples: [{ token: 'KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk', new_password: 'Bespin1980' }],
    ...strict,
  },
)

export const EmailChangeRequest = Type.Object(
  { email: Email, password: CurrentPassword },
  { $id: 'EmailChangeRequest', examples: [{ email: 'leia@yavin.example', password: 'Alderaan1977' }], ...strict },
)
