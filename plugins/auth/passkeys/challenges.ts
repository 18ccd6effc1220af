/** What an authenticator is given to sign. A challenge is signed by us instead of kept, so that asking for one costs nothing; only its use is written down. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long a person has to find the authenticator (ms). */
export const CHALLENGE_TTL = 300_000

export interface Challenge {
  /** What marks it as used. */
  id: string
  expires_at: number
}

export interface Challenges {
  /** A fresh challenge for one purpose, in base64url. */
  issue(purpose: string): string
  /** The challenge, where it is one of ours, for this purpose, and not expired. Whether it was used before, the database knows. */
  read(text: string, purpose: string): Challenge | undefined
}

const RANDOM_LENGTH = 16
const BODY_LENGTH = RANDOM_LENGTH + 8

/** @param keys the first signs, all verify */
export function createChallenges(keys: Buffer[]): Challenges {
  const [newest] = keys
  if (!newest) throw new Error('no key to sign challenges with')
  return {
    issue(purpose) {
      const body = Buffer.alloc(BODY_LENGTH)
      randomBytes(RANDOM_LENGTH).copy(body)
      body.writeBigUInt64BE(BigInt(Date.now() + CHALLENGE_TTL), RANDOM_LENGTH)
      return Buffer.concat([body, seal(newest, body, purpose)]).toString('base64url')
    },
    read(text, purpose) {
      const bytes = Buffer.from(text, 'base64url')
      const [body, given] = [bytes.subarray(0, BODY_LENGTH), bytes.subarray(BODY_LENGTH)]
      if (!keys.some(key => equal(seal(key, body, purpose), given))) return undefined
      const expires_at = Number(body.readBigUInt64BE(RANDOM_LENGTH))
      return expires_at > Date.now() ? { id: body.toString('hex', 0, RANDOM_LENGTH), expires_at } : undefined
    },
  }
}

/** The body's length is fixed, so that nothing of it can pass for a part of the purpose. */
function seal(key: Buffer, body: Buffer, purpose: string): Buffer {
  return createHmac('sha256', key).update(body).update(purpose).digest()
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
