import { Type } from '@sinclair/typebox'

/** @see https://www.rfc-editor.org/rfc/rfc7517 */
export const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          kid: Type.String({ description: 'Key ID: the `kid` in the header of the tokens signed with this key.' }),
          kty: Type.String({ description: 'Key type.', examples: ['OKP'] }),
          alg: Type.String({ description: 'Signature algorithm.', examples: ['EdDSA'] }),
          use: Type.String({ description: 'Intended use of the key.', examples: ['sig'] }),
        },
        { additionalProperties: true },
      ),
    ),
  },
  {
    $id: 'Jwks',
    additionalProperties: false,
    examples: [
      {
        keys: [
          {
            kty: 'OKP',
            crv: 'Ed25519',
            x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
            kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
            alg: 'EdDSA',
            use: 'sig',
          },
        ],
      },
    ],
  },
)
