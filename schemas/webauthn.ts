/** The JSON forms of the options and results of `navigator.credentials`. @see https://www.w3.org/TR/webauthn-3/ */
import { type Static, Type } from '@sinclair/typebox'

const strict = { additionalProperties: false }

const base64url = (maxLength: number, example: string, description?: string) =>
  Type.String({
    maxLength,
    pattern: '^[A-Za-z0-9_-]+$',
    examples: [example],
    ...(description && { description }),
  })

const KIND = Type.Literal('public-key')
export const CREDENTIAL_ID = 'mD8yqX3vQ1m1rR5cO0bY2w'
const CHALLENGE = 'Zq3nJ0b7mX8Qm1pT5uYwKgAAAZlKx2uAq1W0gk1v3b0Y8m3dV1u9r6sJm2q4a7c5x8w9z0yBtLNPE6Q'

const clientDataExample = (type: 'webauthn.create' | 'webauthn.get') =>
  Buffer.from(JSON.stringify({ type, challenge: CHALLENGE, origin: 'http://localhost:3000' })).toString('base64url')

const credentialExample = {
  id: CREDENTIAL_ID,
  rawId: CREDENTIAL_ID,
  type: 'public-key',
  authenticatorAttachment: 'platform',
  clientExtensionResults: {},
}

export const attestationExample = {
  ...credentialExample,
  response: {
    clientDataJSON: clientDataExample('webauthn.create'),
    attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVglAAAA',
  },
}

export const assertionExample = {
  ...credentialExample,
  response: {
    clientDataJSON: clientDataExample('webauthn.get'),
    authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg',
    signature: 'MEUCIQDmVv1q5m0sIhTq3m4wqk8c1wIgY7bq2m0',
    userHandle: 'AZgfHHsufMGhojtMXW5_gA',
  },
}

/** A credential ID has at most 1023 bytes. */
const CredentialId = base64url(1364, CREDENTIAL_ID, 'The credential ID, in base64url.')
const clientData = (type: 'webauthn.create' | 'webauthn.get') => base64url(4096, clientDataExample(type))

const Transport = Type.String({ pattern: '^[a-z-]{1,16}$', examples: ['internal'] })
const Transports = Type.Array(Transport, { maxItems: 8, description: 'How a browser can reach the authenticator.' })

/** What `PublicKeyCredential.toJSON()` returns, in both ceremonies. */
const credential = {
  id: CredentialId,
  rawId: CredentialId,
  type: KIND,
  authenticatorAttachment: Type.Optional(
    Type.Union([Type.String({ maxLength: 32, examples: ['platform'] }), Type.Null()]),
  ),
  clientExtensionResults: Type.Object(
    {
      credProps: Type.Optional(
        Type.Object({ rk: Type.Optional(Type.Boolean({ description: 'Whether the credential is discoverable.' })) }),
      ),
    },
    { maxProperties: 16, examples: [{}] },
  ),
}

export const Attestation = Type.Object(
  {
    ...credential,
    response: Type.Object(
      {
        clientDataJSON: clientData('webauthn.create'),
        attestationObject: base64url(8192, 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVglAAAA'),
        // Copies of values in the two above, which are authoritative.
        authenticatorData: Type.Optional(base64url(8192, 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAA')),
        publicKey: Type.Optional(base64url(8192, 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE')),
        publicKeyAlgorithm: Type.Optional(Type.Integer({ examples: [-7] })),
        transports: Type.Optional(Transports),
      },
      strict,
    ),
  },
  { description: 'The result of `navigator.credentials.create`, as `toJSON()` returns it.', ...strict },
)
export type Attestation = Static<typeof Attestation>

export const Assertion = Type.Object(
  {
    ...credential,
    response: Type.Object(
      {
        clientDataJSON: clientData('webauthn.get'),
        authenticatorData: base64url(2048, 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg'),
        signature: base64url(2048, 'MEUCIQDmVv1q5m0sIhTq3m4wqk8c1wIgY7bq2m0'),
        userHandle: Type.Optional(
          Type.Union([base64url(86, 'AZgfHHsufMGhojtMXW5_gA', 'The user handle, in base64url.'), Type.Null()]),
        ),
      },
      strict,
    ),
  },
  { description: 'The result of `navigator.credentials.get`, as `toJSON()` returns it.', ...strict },
)
export type Assertion = Static<typeof Assertion>

const challenge = Type.String({
  description: 'The challenge to sign. Valid once, for five minutes.',
  examples: [CHALLENGE],
})
const timeout = Type.Integer({ description: 'How long the user has, in milliseconds.', examples: [300_000] })

export const PasskeyCreationOptions = Type.Object(
  {
    challenge,
    rp: Type.Object(
      { id: Type.String({ examples: ['localhost'] }), name: Type.String({ examples: ['Holocron'] }) },
      strict,
    ),
    user: Type.Object(
      {
        id: Type.String({ examples: ['AZgfHHsufMGhojtMXW5_gA'] }),
        name: Type.String({ examples: ['leia@alderaan.example'] }),
        displayName: Type.String({ examples: ['leia@alderaan.example'] }),
      },
      strict,
    ),
    pubKeyCredParams: Type.Array(Type.Object({ type: KIND, alg: Type.Integer({ examples: [-7] }) }, strict)),
    timeout,
    attestation: Type.Literal('none'),
    authenticatorSelection: Type.Object(
      {
        residentKey: Type.Literal('required'),
        requireResidentKey: Type.Literal(true),
        userVerification: Type.Literal('required'),
      },
      strict,
    ),
    excludeCredentials: Type.Array(
      Type.Object(
        {
          id: Type.String({ examples: [CREDENTIAL_ID] }),
          type: KIND,
          transports: Type.Array(Type.String({ examples: ['internal'] })),
        },
        strict,
      ),
      { description: 'The passkeys that are already registered.' },
    ),
    extensions: Type.Object({ credProps: Type.Literal(true) }, strict),
  },
  { $id: 'PasskeyCreationOptions', ...strict },
)
export type PasskeyCreationOptions = Static<typeof PasskeyCreationOptions>

export const PasskeyRequestOptions = Type.Object(
  {
    challenge,
    rpId: Type.String({ examples: ['localhost'] }),
    allowCredentials: Type.Array(Type.Object({}, strict), {
      maxItems: 0,
      examples: [[]],
      description: 'Always empty: any passkey of this service can be used.',
    }),
    timeout,
    userVerification: Type.Literal('required'),
  },
  { $id: 'PasskeyRequestOptions', ...strict },
)
export type PasskeyRequestOptions = Static<typeof PasskeyRequestOptions>
