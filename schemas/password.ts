import { Type } from '@sinclair/typebox'
import { Ok } from './common.ts'
import { password, proof } from './credentials.ts'
import { Tokens } from './generate-tokens.ts'
import { ref } from './ref.ts'

export const PasswordChangeRequest = Type.Object(
  {
    old_password: proof.password,
    otp: proof.otp,
    recovery_code: proof.recovery_code,
    new_password: password(),
  },
  {
    $id: 'PasswordChangeRequest',
    examples: [{ old_password: 'Alderaan1977', new_password: 'Bespin1980' }],
    additionalProperties: false,
  },
)

/** A browser gets no tokens: its session stays in the cookie, out of reach of scripts. */
export const PasswordChangeResponse = Type.Union([ref(Tokens), ref(Ok)], { $id: 'PasswordChangeResponse' })
