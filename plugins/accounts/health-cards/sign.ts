import { type KeyObject, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'

export interface CardKey {
  kid: string
  private: KeyObject
}

/** A signature of ES256 in base64url, and the dot before it (characters). */
const SIGNATURE_LENGTH = 87

/** How long the signed text will be (characters). */
export function signedLength(claims: object, key: CardKey): number {
  return unsigned(claims, key).length + SIGNATURE_LENGTH
}

/** Minified, compressed and signed. @see https://spec.smarthealth.cards/#health-cards-are-encoded-as-compact-serialization-json-web-signatures-jws */
export function signed(claims: object, key: CardKey): string {
  const text = unsigned(claims, key)
  const signature = sign('sha256', Buffer.from(text), { key: key.private, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function unsigned(claims: object, { kid }: CardKey): string {
  const header = Buffer.from(JSON.stringify({ zip: 'DEF', alg: 'ES256', kid }))
  const payload = deflateRawSync(JSON.stringify(claims), { level: 9 })
  return `${header.toString('base64url')}.${payload.toString('base64url')}`
}
