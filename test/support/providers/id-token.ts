/** ID tokens as providers and attackers make them. */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { JWK } from 'oidc-provider'

export interface IdToken {
  header: Record<string, unknown>
  claims: Record<string, unknown>
}

export interface SigningKey {
  kid: string
  privateKey: KeyObject
  /** The private key, as providers are configured with it. */
  jwk: JWK
  /** The public half, as key sets show it. */
  published: JWK
}

/** A new key for RS256. */
export function signingKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const names = { use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') }
  const jwk = { ...privateKey.export({ format: 'jwk' }), ...names }
  return { kid: names.kid, privateKey, jwk, published: { ...publicKey.export({ format: 'jwk' }), ...names } }
}

export function parse(token: string): IdToken {
  const [header = '', claims = ''] = token.split('.')
  const read = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString())
  return { header: read(header), claims: read(claims) }
}

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const input = ({ header, claims }: IdToken) => `${segment(header)}.${segment(claims)}`

export function signed(token: IdToken, { privateKey }: SigningKey): string {
  const text = input(token)
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
