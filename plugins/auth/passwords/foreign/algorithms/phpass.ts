import { hash as digest } from 'node:crypto'
import { constantTimeEqual } from '../../../../keys/constant-time.ts'
import type { ForeignHash } from '../foreign-hash.ts'

const PHPASS = /^\$[PH]\$(.)([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** WordPress uses 2^13 rounds; 2^19 take half a second. */
const MIN_LOG2 = 7
const MAX_LOG2 = 19

/** Iterated MD5. @see https://www.openwall.com/phpass/ */
export function phpass(hash: string): ForeignHash | undefined {
  const [, cost, salt = '', key = ''] = PHPASS.exec(hash) ?? []
  const log2 = ALPHABET.indexOf(cost ?? ' ')
  if (log2 < MIN_LOG2) return undefined
  return {
    algorithm: 'phpass',
    work: 2 ** log2,
    excess: log2 > MAX_LOG2 ? `phpass with more than 2^${MAX_LOG2} rounds` : undefined,
    sample: `$P$${cost}${'.'.repeat(30)}`,
    matches: password => constantTimeEqual(Buffer.from(encode(stretch(password, salt, 2 ** log2))), Buffer.from(key)),
  }
}

function stretch(password: string, salt: string, rounds: number): Buffer {
  const bytes = Buffer.from(password)
  let key = digest('md5', salt + password, 'buffer')
  for (let round = 0; round < rounds; round++) key = digest('md5', Buffer.concat([key, bytes]), 'buffer')
  return key
}

/** phpass's own base64: another alphabet, low bits first. */
function encode(bytes: Buffer): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = bytes.subarray(i, i + 3)
    const value = group.reduce((sum, byte, at) => sum + (byte << (8 * at)), 0)
    for (let digit = 0; digit <= group.length; digit++) text += ALPHABET[(value >> (6 * digit)) & 63]
  }
  return text
}
