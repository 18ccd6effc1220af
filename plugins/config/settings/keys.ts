/** The secret and the keys. */
import { Type } from '@sinclair/typebox'

export const keys = {
  SECRET: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Secret from which all keys are derived: 32 characters or more. `SECRET="new,old"` rotates: the first signs, all verify. Unset in the embedded profile: generated once into `DATA_DIR/secret`',
    }),
  ),
  ACCESS_KEY_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'PEM private key (Ed25519, P-256 or RSA) that signs access tokens instead of the derived key',
    }),
  ),
  DATA_DIR: Type.String({ default: './data', minLength: 1, description: 'Folder of the generated secret' }),
}
