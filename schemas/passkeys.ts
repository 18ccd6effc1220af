import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp, uuid, uuidInPath } from './common.ts'
import { proof } from './credentials.ts'
import { recoveryCodes } from './recovery-codes.ts'
import { ref } from './ref.ts'
import { Attestation, attestationExample, CREDENTIAL_ID } from './webauthn.ts'

const strict = { additionalProperties: false }

export const PasskeyName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[^\\p{Cc}\\p{Cs}]*$',
  examples: ["Leia's phone"],
})

const Name = nullable(PasskeyName, { description: 'A label that helps the user recognize the passkey.' })

export const PasskeyOptionsRequest = Type.Object(proof, {
  $id: 'PasskeyOptionsRequest',
  examples: [{ password: 'Alderaan1977' }],
  ...strict,
})

export const PasskeyRegistration = Type.Object(
  { credential: Attestation, name: Type.Optional(Name) },
  {
    $id: 'PasskeyRegistration',
    examples: [{ credential: attestationExample, name: "Leia's phone" }],
    ...strict,
  },
)

export const PasskeyUpdate = Type.Object(
  { name: Name },
  { $id: 'PasskeyUpdate', examples: [{ name: 'Key ring' }], ...strict },
)

export const PasskeyRemovalRequest = Type.Object(proof, {
  $id: 'PasskeyRemovalRequest',
  examples: [{ password: 'Alderaan1977' }],
  ...strict,
})

export const PasskeyParams = Type.Object({
  passkey_id: uuidInPath('Unique identifier of the passkey.'),
})

export const Passkey = Type.Object(
  {
    id: uuid('Unique identifier of the passkey.'),
    credential_id: Type.String({ description: "The authenticator's credential ID.", examples: [CREDENTIAL_ID] }),
    name: Name,
    aaguid: Type.String({
      description: 'The model of the authenticator. All zeros where the authenticator does not disclose it.',
      examples: ['00000000-0000-0000-0000-000000000000'],
    }),
    transports: Type.Array(Type.String({ examples: ['internal'] }), {
      description: 'How a browser can reach the authenticator.',
    }),
    syncable: Type.Boolean({ description: "Whether the passkey can be copied to the user's other devices." }),
    backed_up: Type.Boolean({ description: 'Whether the passkey has been copied or backed up.' }),
    created: timestamp('When the passkey was registered.'),
    last_used: nullable(timestamp('When the passkey was last used to log in.')),
  },
  { $id: 'Passkey', ...strict },
)
export type Passkey = Static<typeof Passkey>

export const Passkeys = Type.Object({ results: Type.Array(ref(Passkey)) }, { $id: 'Passkeys', ...strict })

export const RegisteredPasskey = Type.Object(
  {
    passkey: ref(Passkey),
    recovery_codes: Type.Optional(
      recoveryCodes('Ten recovery codes, returned only this once, if this is the first second factor of the account.'),
    ),
  },
  { $id: 'RegisteredPasskey', ...strict },
)
