import { Type } from '@sinclair/typebox'
import { CurrentPassword } from './credentials.ts'
import { lang, redirectTo } from './hosted-pages.ts'

const strict = { additionalProperties: false }

const token = Type.Optional(
  Type.String({
    description: 'The token from the link in the mail.',
    examples: ['KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk'],
  }),
)

const password = Type.Optional({
  ...CurrentPassword,
  description:
    'The password of the account. Together with the token it proves that the account and the mailbox belong to the same person: later resets of the password then leave the second factors.',
})

export const EmailVerificationQuery = Type.Object({ token, lang, redirect_to: redirectTo }, strict)

export const EmailVerificationRequest = Type.Object(
  { token, password },
  {
    $id: 'EmailVerificationRequest',
    examples: [{ token: 'KpbE4Y9sT0cJ7mQxWn2VfLh8ZrUoGdAi3yB6eXtN1Rk', password: 'Alderaan1977' }],
    ...strict,
  },
)
