import { Type } from '@sinclair/typebox'
import { Ok } from './common.ts'
import { proof } from './credentials.ts'
import { Tokens } from './generate-tokens.ts'
import { ref } from './ref.ts'
import { Assertion } from './webauthn.ts'

export const ReauthenticationRequest = Type.Object(
  { ...proof, credential: Type.Optional(Assertion) },
  {
    $id: 'ReauthenticationRequest',
    description:
      'Either `password`, with `otp` or `recovery_code` if the account has a second factor, or the `credential` of a passkey.',
    examples: [{ password: 'Alderaan1977', otp: '492039' }],
    additionalProperties: false,
  },
)

/** A browser gets no tokens: its session stays in the cookie, out of reach of scripts. */
export const ReauthenticationResponse = Type.Union([ref(Tokens), ref(Ok)], { $id: 'ReauthenticationResponse' })
