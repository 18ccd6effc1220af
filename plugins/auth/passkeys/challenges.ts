/** Challenges for authenticators to sign. They are authenticated by an HMAC and not stored, so issuing one costs nothing; only the use is recorded. */
import { createHmac, randomBytes } from 'node:crypto'
import { constantTimeEqual } from '../../keys/constant-time.ts'

/** Time for a person to find the authenticator. */
export const CHALLENGE_TTL_MS = 300_000

export interface Challenge {
  /** What is recorded at its use. */
  id: string
  expires_at: number
}

export interface Challenges {
  /** A new challenge for one purpose, in base64url. */
  issue(purpose: string): string
  /** The challenge, if it is ours, for this purpose, and has not expired. The database knows whether it was used. */
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
      body.writeBigUInt64BE(BigInt(Date.now() + CHALLENGE_TTL_MS), RANDOM_LENGTH)
      return Buffer.concat([body, mac(newest, body, purpose)]).toString('base64url')
    },
    read(text, purpose) {
      const bytes = Buffer.from(text, 'base64url')
      const [body, given] = [bytes.subarray(0, BODY_LENGTH), bytes.subarray(BODY_LENGTH)]
      if (!keys.some(key => constantTimeEqual(mac(key, body, purpose), given))) return undefined
      const expires_at = Number(body.readBigUInt64BE(RANDOM_LENGTH))
      return expires_at > Date.now() ? { id: body.toString('hex', 0, RANDOM_LENGTH), expires_at } : undefined
    },
  }
}

/** The body has a fixed length, so none of it can pass for a part of the purpose. */
function mac(key: Buffer, body: Buffer, purpose: string): Buffer {
  return createHmac('sha256', key).update(body).update(purpose).digest()
}
