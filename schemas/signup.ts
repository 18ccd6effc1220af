import { Type } from '@sinclair/typebox'
import { password } from './credentials.ts'
import { NewEmail } from './email.ts'
import { ref } from './ref.ts'
import { AccessRole } from './users.ts'

export const SignupRequest = Type.Object(
  { email: NewEmail, password: password(), access_role: Type.Optional(ref(AccessRole)) },
  {
    $id: 'SignupRequest',
    examples: [{ email: 'leia@alderaan.example', password: 'Alderaan1977' }],
    additionalProperties: false,
  },
)
