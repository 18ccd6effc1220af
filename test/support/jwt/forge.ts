/** Makes tokens like an attacker, with or without the keys. The keys are derived here independently of the service. */
import { createHmac, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from 'node:crypto'
import { SECRET } from '../app.ts'

/** Signs `header.payload`; resolves to the third segment. */
export type Signer = (input: string) => string

export type Kind = 'access' | 'refresh'

export interface Parts {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  /** Signs with the service's own key of the token's kind. */
  sign: Signer
}

/** The key that the service derives for a purpose. */
export function derivedKey(purpose: string, secret = SECRET): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'holocron', purpose, 32))
}

/** The private key of access tokens: Ed25519 from its seed (RFC 8410). */
export function accessKey(secret = SECRET): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([prefix, derivedKey('access', secret)]), format: 'der', type: 'pkcs8' })
}

export function accessPublicKey(): KeyObject {
  return createPublicKey(accessKey())
}

export function ed25519(key: KeyObject): Signer {
  return input => sign(null, Buffer.from(input), key).toString('base64url')
}

export function hmac(key: Buffer | string, hash = 'sha256'): Signer {
  return input => createHmac(hash, key).update(input).digest('base64url')
}

export const unsigned: Signer = () => ''

/** Splits a genuine token. */
export function partsOf(kind: Kind, token: string): Parts {
  const [header = '', claims = ''] = token.split('.')
  const read = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString())
  const sign = kind === 'access' ? ed25519(accessKey()) : hmac(derivedKey('refresh'))
  return { header: read(header), claims: read(claims), sign }
}

export function segment(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** Assembles a token. A header or claims given as text are used as they are. */
export function token({ header, claims, sign }: { header: unknown; claims: unknown; sign: Signer }): string {
  const input = `${segment(header)}.${segment(claims)}`
  return `${input}.${sign(input)}`
}

export function without(record: Record<string, unknown>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
}
