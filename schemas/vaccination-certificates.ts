/** The certificate of a user's approved vaccinations, and what its verifiers ask for. */
import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp } from './common.ts'
import { errorCode } from './errors.ts'
import { oneOf, ref } from './ref.ts'
import { Vaccination } from './vaccinations.ts'

const strict = { additionalProperties: false }

const { vaccine, vaccine_name, dose, given_on, centre, lot, country } = Vaccination.properties

/** As the certificate has it: without what only the user and administrators may know. */
export const CertifiedVaccination = Type.Object(
  { vaccine, vaccine_name, dose, given_on, centre, lot, country },
  { $id: 'CertifiedVaccination', ...strict },
)

export const HealthCard = Type.Object(
  {
    jws: Type.String({
      description: 'The card as a JSON Web Signature, as `.smart-health-card` files hold it.',
      examples: ['eyJ6aXAiOiJERUYi…'],
    }),
    qr: nullable(Type.String({ examples: ['shc:/567629595326546034602925…'] }), {
      description: 'The text of its QR code; null if names are too long for one.',
    }),
    vaccinations: Type.Array(ref(CertifiedVaccination)),
  },
  { $id: 'HealthCard', ...strict },
)

export const VaccinationCertificate = Type.Object(
  {
    first_name: Type.String({ examples: ['Leia'] }),
    last_name: Type.String({ examples: ['Organa'] }),
    issuer: Type.String({ examples: ['https://accounts.example.com/vaccinations/v1/issuer'] }),
    issued: timestamp('When the cards were signed.'),
    cards: Type.Array(ref(HealthCard), {
      description: 'One, unless there are more vaccinations than a QR code holds: each is valid by itself.',
    }),
  },
  { $id: 'VaccinationCertificate', ...strict },
)
export type VaccinationCertificate = Static<typeof VaccinationCertificate>

export const CertificateFormat = oneOf(['json', 'pdf', 'svg', 'png', 'card'], {
  $id: 'CertificateFormat',
  description:
    '`json` by default; `pdf` to print; `svg` and `png` are the QR code of a card; `card` is the file that wallets import.',
})

const card = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1000, description: 'Whose QR code: 1 is the first card.', examples: [1] }),
)

export const CertificateQuery = Type.Object(
  {
    format: Type.Optional(ref(CertificateFormat)),
    card,
  },
  strict,
)
export type CertificateQuery = Static<typeof CertificateQuery>

/** @see https://spec.smarthealth.cards/#determining-keys-associated-with-an-issuer */
export const IssuerJwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.Literal('EC'),
        kid: Type.String({
          description: 'SHA-256 thumbprint (RFC 7638).',
          examples: ['3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s'],
        }),
        use: Type.Literal('sig'),
        alg: Type.Literal('ES256'),
        crv: Type.Literal('P-256'),
        x: Type.String({ examples: ['11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw'] }),
        y: Type.String({ examples: ['eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8'] }),
        crlVersion: Type.Integer({ description: 'Grows when a card is revoked.', examples: [0] }),
      }),
    ),
  },
  { $id: 'IssuerJwks', ...strict },
)

/** @see https://spec.smarthealth.cards/#revocation */
export const CardRevocations = Type.Object(
  {
    kid: Type.String({ examples: ['3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s'] }),
    method: Type.Literal('rid'),
    ctr: Type.Integer({ description: 'The `crlVersion` that it belongs to.', examples: [1] }),
    rids: Type.Array(Type.String({ examples: ['8LXuTTwDR0mXAmhHsGZ7Dw'] }), { description: 'The revoked ids.' }),
  },
  { $id: 'CardRevocations', ...strict },
)

export const CardRevocationsParams = Type.Object({
  file: Type.String({
    pattern: '^[\\w-]{43}\\.json$',
    description: 'The id of a key, and `.json`.',
    examples: ['3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s.json'],
    ...errorCode('not-found'),
  }),
})
