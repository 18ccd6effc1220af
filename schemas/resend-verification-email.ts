import { Type } from '@sinclair/typebox'
import { Email } from './email.ts'

export const ResendVerificationRequest = Type.Object(
  { email: Email },
  { $id: 'ResendVerificationRequest', examples: [{ email: 'leia@alderaan.example' }], additionalProperties: false },
)
