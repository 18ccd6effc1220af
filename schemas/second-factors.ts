import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp } from './common.ts'
import { Passkey } from './passkeys.ts'
import { ref } from './ref.ts'

const strict = { additionalProperties: false }

export const SecondFactors = Type.Object(
  {
    totp: nullable(Type.Object({ enabled: timestamp('When it was enabled.') }, strict), {
      description: 'The authenticator app, if there is one.',
    }),
    passkeys: Type.Array(ref(Passkey), { description: 'Oldest first.' }),
    recovery_codes_left: Type.Integer({ description: 'How many recovery codes are unused.', examples: [10] }),
  },
  { $id: 'SecondFactors', ...strict },
)
export type SecondFactors = Static<typeof SecondFactors>
