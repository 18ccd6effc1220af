// RFC 8725 §2.1 and §3.1: the algorithm comes from the service's key, never from the token.
import { accessPublicKey, derivedKey, hmac, token, unsigned } from '../../../support/jwt/forge.ts'
import { type Forgery, rejectEach } from '../../../support/jwt/rejection.ts'

const pem = accessPublicKey().export({ type: 'spki', format: 'pem' }).toString()
const der = accessPublicKey().export({ type: 'spki', format: 'der' })
const jwk = accessPublicKey().export({ format: 'jwk' })

/** The signature is there, but by nobody's key. */
const nonsense = () => Buffer.alloc(64, 1).toString('base64url')

const withAlgorithm =
  (alg: unknown, sign = unsigned): Forgery =>
  ({ header, claims }) =>
    token({ header: { ...header, alg }, claims, sign })

rejectEach({
  'alg "none" with an empty signature': withAlgorithm('none'),
  'alg "None" with an empty signature': withAlgorithm('None'),
  'alg "nOnE" with an empty signature': withAlgorithm('nOnE'),
  'alg "NONE" with an empty signature': withAlgorithm('NONE'),
  'alg "none" with the genuine signature': ({ header, claims, sign }) =>
    token({ header: { ...header, alg: 'none' }, claims, sign }),
  'alg "" with an empty signature': withAlgorithm(''),
  'alg null with an empty signature': withAlgorithm(null),
  'alg as a list with an empty signature': withAlgorithm(['EdDSA', 'HS256', 'none']),
  'alg that is the name of an inherited property': withAlgorithm('constructor', nonsense),
  'no alg': ({ header: { alg: _, ...header }, claims, sign }) => token({ header, claims, sign }),
  'the right alg with an empty signature': ({ header, claims }) => token({ header, claims, sign: unsigned }),
  'the right alg in small letters, signed genuinely': ({ header, claims, sign }) =>
    token({ header: { ...header, alg: String(header.alg).toLowerCase() }, claims, sign }),
  'another algorithm of the same family, signed with the genuine key': ({ header, claims, sign }) =>
    header.alg === 'HS256'
      ? token({ header: { ...header, alg: 'HS512' }, claims, sign: hmac(derivedKey('refresh'), 'sha512') })
      : token({ header: { ...header, alg: 'Ed25519' }, claims, sign }),
  'HS256 keyed with the public key as PEM': withAlgorithm('HS256', hmac(pem)),
  'HS256 keyed with the public key as PEM without its last line break': withAlgorithm('HS256', hmac(pem.trim())),
  'HS256 keyed with the public key as PEM behind white space': withAlgorithm('HS256', hmac(`\n  ${pem}`)),
  'HS256 keyed with the public key as DER': withAlgorithm('HS256', hmac(der)),
  'HS256 keyed with the bytes of the JWK': withAlgorithm('HS256', hmac(Buffer.from(String(jwk.x), 'base64url'))),
  'HS256 keyed with the JWK as text': withAlgorithm('HS256', hmac(JSON.stringify(jwk))),
  'HS384 keyed with the public key as PEM': withAlgorithm('HS384', hmac(pem, 'sha384')),
  'HS512 keyed with the public key as PEM': withAlgorithm('HS512', hmac(pem, 'sha512')),
  'HS256 keyed with nothing': withAlgorithm('HS256', hmac('')),
  'HS256 keyed with nothing, and an unknown kid': ({ header, claims }) =>
    token({ header: { ...header, alg: 'HS256', kid: 'unknown' }, claims, sign: hmac('') }),
  'HS256 keyed with "secret"': withAlgorithm('HS256', hmac('secret')),
  'RS256 with a signature of zeros': withAlgorithm('RS256', () => Buffer.alloc(256).toString('base64url')),
  'ES256 with a signature of zeros': withAlgorithm('ES256', () => Buffer.alloc(64).toString('base64url')),
  'EdDSA with a signature of zeros': withAlgorithm('EdDSA', () => Buffer.alloc(64).toString('base64url')),
})
