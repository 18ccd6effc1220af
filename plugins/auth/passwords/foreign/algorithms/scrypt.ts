import { scryptSync } from 'node:crypto'
import { constantTimeEqual } from '../../../../keys/constant-time.ts'
import { type ForeignHash, isKey } from '../foreign-hash.ts'

export interface ScryptCost {
  N: number
  r: number
  p: number
}

const MIB = 1024 * 1024
/** Half a second. OWASP's recommendation, N = 2^17 with r = 8, uses all of it. */
const MAX_MIB = 128

/** @see https://www.rfc-editor.org/rfc/rfc7914#section-2 */
export function scrypt(cost: ScryptCost, salt: Buffer, key: Buffer): ForeignHash | undefined {
  if (!isKey(key)) return undefined
  return scryptHash(cost, password => constantTimeEqual(deriveScrypt(cost, password, salt, key.length), key))
}

/** A hash that is verified by one run of scrypt. */
export function scryptHash(cost: ScryptCost, matches: ForeignHash['matches']): ForeignHash | undefined {
  const { N, r, p } = cost
  const log2 = Math.log2(N)
  if (!Number.isInteger(log2) || log2 < 1 || !(r > 0) || !(p > 0)) return undefined
  // The p runs are sequential: they take time, not memory.
  const work = 128 * N * r * p
  return {
    algorithm: 'scrypt',
    work,
    excess: work > MAX_MIB * MIB ? `scrypt whose 128·N·r·p is more than ${MAX_MIB} MiB` : undefined,
    sample: `$scrypt$ln=${log2},r=${r},p=${p}$${'A'.repeat(22)}$${'A'.repeat(22)}`,
    matches,
  }
}

export function deriveScrypt(cost: ScryptCost, password: string, salt: Buffer, length: number): Buffer {
  return scryptSync(password, salt, length, { ...cost, maxmem: 2 * MAX_MIB * MIB })
}
