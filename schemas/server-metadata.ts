import { Type } from '@sinclair/typebox'

/** @see https://www.rfc-editor.org/rfc/rfc8414#section-2 */
export const ServerMetadata = Type.Object(
  {
    issuer: Type.String({ description: 'The `iss` of tokens: `PUBLIC_URL`.', examples: ['https://login.example'] }),
    jwks_uri: Type.String({
      description: 'Where the public keys are.',
      examples: ['https://login.example/.well-known/jwks.json'],
    }),
    subject_types_supported: Type.Array(Type.String(), {
      description: '`public`: a user has the same `sub` in all tokens.',
      examples: [['public']],
    }),
    id_token_signing_alg_values_supported: Type.Array(Type.String(), {
      description: 'The algorithms of the public keys; the first one signs.',
      examples: [['EdDSA']],
    }),
  },
  { $id: 'ServerMetadata', additionalProperties: true },
)
