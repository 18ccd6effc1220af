/** ID tokens as providers and attackers make them. */
import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { JWK } from 'oidc-provider'

export interface IdToken {
  header: Record<string, unknown>
  claims: Record<string, unknown>
}

/** A new private key for RS256. */
export function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') }
}

/** The public half, as a key set shows it. */
export function publicPart({ kty, n, e, use, alg, kid }: JWK): JWK {
  return { kty, n, e, use, alg, kid }
}

export function parse(token: string): IdToken {
  const [header = '', claims = ''] = token.split('.')
  const read = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString())
  return { header: read(header), claims: read(claims) }
}

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const input = ({ header, claims }: IdToken) => `${segment(header)}.${segment(claims)}`

export function signed(token: IdToken, key: JWK): string {
  const text = input(token)
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
}

/** HS256 with whatever an attacker knows as its key. */
export function signedWithText(token: IdToken, key: string): string {
  const text = input({ ...token, header: { ...token.header, alg: 'HS256' } })
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}

export function unsigned(token: IdToken, alg = 'none'): string {
  return `${input({ ...token, header: { alg } })}.`
}
