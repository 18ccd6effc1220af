import { Type } from '@sinclair/typebox'
import { Email } from './email.ts'

export const PasswordForgottenRequest = Type.Object(
  { email: Email },
  { $id: 'PasswordForgottenRequest', examples: [{ email: 'leia@alderaan.example' }], additionalProperties: false },
)
