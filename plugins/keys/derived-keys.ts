/**
 * The private keys of access tokens, each derived from a seed of 32 bytes: all processes have the same ones, after every restart and
 * from every backup, and nothing is generated, stored or raced for.
 */
import { checkPrime, createECDH, createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export type AccessAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** What the seed is derived from SECRET for, and how it becomes a key. RSA takes a tenth of a second of another thread, the others nothing. */
export const DERIVED_KEYS: Record<
  AccessAlgorithm,
  { purpose: string; keyFrom: (seed: Buffer) => KeyObject | Promise<KeyObject> }
> = {
  EdDSA: { purpose: 'access', keyFrom: ed25519 },
  ES256: { purpose: 'access ES256', keyFrom: p256 },
  RS256: { purpose: 'access RS256', keyFrom: rsa },
}

/** Wraps the seed as a PKCS #8 private key. @see https://www.rfc-editor.org/rfc/rfc8410 */
export function ed25519(seed: Buffer): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** 128 bits more than the order has make the bias of the remainder negligible. @see FIPS 186-5, A.2.1 */
export function p256(seed: Buffer): KeyObject {
  const d = bytes((expand(seed, 'scalar', 48) % (P256_ORDER - 1n)) + 1n, 32)
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)]
  return privateJwk({ kty: 'EC', crv: 'P-256' }, { d, x, y })
}

const PRIME_BITS = 1024n
const RSA_EXPONENT = 65_537n
const isPrime = promisify(checkPrime)

/** 2048 bits. @see FIPS 186-5, A.1.3; RFC 8017, 3.2 */
export async function rsa(seed: Buffer): Promise<KeyObject> {
  const [p, q] = await Promise.all([prime(seed, 'p'), prime(seed, 'q')])
  const d = inverse(RSA_EXPONENT, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: RSA_EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  return privateJwk({ kty: 'RSA' }, Object.fromEntries(Object.entries(numbers).map(([name, n]) => [name, bytes(n)])))
}

/** The first prime from a derived number on, as OpenSSL searches from a random one. Its two highest bits are set, so that a product of two has all its bits. */
async function prime(seed: Buffer, purpose: string): Promise<bigint> {
  let candidate = expand(seed, purpose, Number(PRIME_BITS) / 8) | (3n << (PRIME_BITS - 2n)) | 1n
  while (candidate % RSA_EXPONENT === 1n || !(await isPrime(candidate))) candidate += 2n
  return candidate
}

/** The number that times `a` leaves 1 modulo `m`: the extended Euclidean algorithm. */
function inverse(a: bigint, m: bigint): bigint {
  let [r, next, x, nextX] = [m, a % m, 0n, 1n]
  while (next > 0n) {
    const quotient = r / next
    ;[r, next, x, nextX] = [next, r - quotient * next, nextX, x - quotient * nextX]
  }
  return (x + m) % m
}

function expand(seed: Buffer, purpose: string, length: number): bigint {
  return BigInt(`0x${Buffer.from(hkdfSync('sha256', seed, '', purpose, length)).toString('hex')}`)
}

/** Big-endian; at least `length` bytes. */
function bytes(number: bigint, length = 1): Buffer {
  const digits = number.toString(16)
  return Buffer.from(digits.padStart(Math.max(2 * length, digits.length + (digits.length % 2)), '0'), 'hex')
}

function privateJwk(type: Record<string, string>, members: Record<string, Buffer>): KeyObject {
  const encoded = Object.entries(members).map(([name, value]) => [name, value.toString('base64url')])
  return createPrivateKey({ key: { ...type, ...Object.fromEntries(encoded) }, format: 'jwk' })
}
