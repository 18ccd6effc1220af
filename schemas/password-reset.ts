import { Type } from '@sinclair/typebox'
import { password } from './credentials.ts'
import { lang, redirectTo } from './hosted-pages.ts'

const strict = { additionalProperties: false }

const token = Type.Optional(
  Type.String({
    description: 'The token from the link in the mail, or the `reset_token` returned by `validate_code`.',
    examples: ['KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk'],
  }),
)

export const PasswordResetQuery = Type.Object({ token, lang, redirect_to: redirectTo }, strict)

export const PasswordResetRequest = Type.Object(
  { token, new_password: password() },
  {
    $id: 'PasswordResetRequest',
    examples: [{ token: 'KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk', new_password: 'Bespin1980' }],
    ...strict,
  },
)
