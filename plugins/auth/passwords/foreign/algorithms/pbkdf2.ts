import { pbkdf2Sync } from 'node:crypto'
import { constantTimeEqual } from '../../../../keys/constant-time.ts'
import { type ForeignHash, isKey } from '../foreign-hash.ts'

const DIGEST_BYTES: Record<string, number> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

/** About a second with SHA-512. Django 6 uses 1.2 million. */
const MAX_ITERATIONS = 2_000_000

/** @param digest in any case; default: SHA-1 */
export function pbkdf2(digest: string | undefined, count: string, salt: Buffer, key: Buffer): ForeignHash | undefined {
  const name = (digest ?? 'sha1').toLowerCase()
  const iterations = Number(count)
  const digestBytes = DIGEST_BYTES[name]
  if (digestBytes === undefined || !(iterations > 0) || !isKey(key)) return undefined
  const work = iterations * Math.ceil(key.length / digestBytes)
  return {
    algorithm: `pbkdf2-${name}`,
    work,
    excess: work > MAX_ITERATIONS ? `PBKDF2 with more than ${MAX_ITERATIONS} iterations` : undefined,
    sample: `$pbkdf2-${name}$${work}$${'A'.repeat(22)}$${'A'.repeat(22)}`,
    matches: password => constantTimeEqual(pbkdf2Sync(password, salt, iterations, key.length, name), key),
  }
}
