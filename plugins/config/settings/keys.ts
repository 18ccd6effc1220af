/** The secret and the keys. */
import { Type } from '@sinclair/typebox'

declare module '../schema.ts' {
  interface Topics {
    keys: typeof keys
  }
}

export const keys = {
  SECRET: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Secret from which all keys are derived: 32 characters or more. `SECRET="new,old"` rotates: the first signs, all verify. Unset in the embedded profile: generated once into `DATA_DIR/secret`',
    }),
  ),
  ACCESS_TOKEN_ALGORITHM: Type.String({
    default: 'EdDSA',
    pattern: '^(EdDSA|ES256|RS256)( *, *(EdDSA|ES256|RS256))*$',
    description:
      'Signature of access tokens: `EdDSA`, `ES256` or `RS256`; the key is derived from SECRET. Of several, as in `RS256,ES256`, the first signs and all verify; EdDSA always does',
  }),
  ACCESS_TOKEN_AUDIENCE: Type.String({
    default: 'holocron:access',
    maxLength: 255,
    // No other kind of token has it.
    pattern: '^(?!holocron:(refresh|cookie|mfa)$)[\\x21-\\x7e]+$',
    description: 'The `aud` of access tokens: who they are for',
  }),
  ACCESS_KEY_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'PEM private key (Ed25519, P-256 or RSA) that signs access tokens instead of a derived key',
    }),
  ),
  DATA_DIR: Type.String({
    default: './data',
    minLength: 1,
    description: "Folder of the generated secret, of users' pictures, and of files while they are uploaded",
  }),
}
