import { type Static, Type } from '@sinclair/typebox'
import { CurrentPassword } from './passwords.ts'
import { ref } from './ref.ts'
import { Assertion, Attestation, ClientData, CREDENTIAL_ID } from './webauthn.ts'

const strict = { additionalProperties: false }

const example = {
  id: CREDENTIAL_ID,
  rawId: CREDENTIAL_ID,
  type: 'public-key',
  authenticatorAttachment: 'platform',
  clientExtensionResults: {},
}
const [clientDataJSON] = ClientData.examples as string[]

const Name = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\p{Cc}\\p{Cs}]*$', examples: ["Leia's phone"] }),
    Type.Null(),
  ],
  { description: 'For its owner to tell it from others.' },
)

export const PasskeyOptionsRequest = Type.Object(
  { password: CurrentPassword },
  { $id: 'PasskeyOptionsRequest', examples: [{ password: 'Alderaan1977' }], ...strict },
)

export const PasskeyRegistration = Type.Object(
  { credential: Attestation, name: Type.Optional(Name) },
  {
    $id: 'PasskeyRegistration',
    examples: [
      {
        credential: {
          ...example,
          response: { clientDataJSON, attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVglAAAA' },
        },
        name: "Leia's phone",
      },
    ],
    ...strict,
  },
)

export const PasskeyLogin = Type.Object(
  { credential: Assertion },
  {
    $id: 'PasskeyLogin',
    examples: [
      {
        credential: {
          ...example,
          response: {
            clientDataJSON,
            authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg',
            signature: 'MEUCIQDmVv1q5m0sIhTq3m4wqk8c1wIgY7bq2m0',
            userHandle: 'AZgfHHsufMGhojtMXW5_gA',
          },
        },
      },
    ],
    ...strict,
  },
)

export const PasskeyChange = Type.Object(
  { name: Name },
  { $id: 'PasskeyChange', examples: [{ name: 'Key ring' }], ...strict },
)

export const PasskeyRemoval = Type.Object(
  { password: CurrentPassword },
  { $id: 'PasskeyRemoval', examples: [{ password: 'Alderaan1977' }], ...strict },
)

export const PasskeyParams = Type.Object({
  passkey_id: Type.String({ maxLength: 64, description: "The passkey's id." }),
})

const time = Type.String({ format: 'date-time' })

export const Passkey = Type.Object(
  {
    id: Type.String({ examples: ['01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'] }),
    credential_id: Type.String({ description: 'As the authenticator knows it.', examples: [CREDENTIAL_ID] }),
    name: Name,
    aaguid: Type.String({
      description: "The authenticator's make; zeros where it keeps that to itself.",
      examples: ['00000000-0000-0000-0000-000000000000'],
    }),
    transports: Type.Array(Type.String({ examples: ['internal'] })),
    syncable: Type.Boolean({ description: 'May it be copied to other devices of its owner?' }),
    backed_up: Type.Boolean({ description: 'Has it been?' }),
    created: time,
    last_used: Type.Union([time, Type.Null()]),
  },
  { $id: 'Passkey', ...strict },
)
export type Passkey = Static<typeof Passkey>

export const Passkeys = Type.Object({ results: Type.Array(ref(Passkey)) }, { $id: 'Passkeys', ...strict })

export const RegisteredPasskey = Type.Object(
  {
    passkey: ref(Passkey),
    recovery_codes: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Ten, where this is the first second factor. Each opens the account once in its place.',
        examples: [['KQ3W-7XTM-AB2F-ZLPE']],
      }),
    ),
  },
  { $id: 'RegisteredPasskey', ...strict },
)
