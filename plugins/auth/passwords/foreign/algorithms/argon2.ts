import { verifySync } from '@node-rs/argon2'
import type { ForeignHash } from '../foreign-hash.ts'

/** At least 8 bytes of salt, which libraries demand, and 16 of hash. */
const ARGON2 =
  /^\$argon2(?:id?|d)\$v=(?:16|19)\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,8})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/

const MAX_MEMORY_MIB = 256
/** Memory × passes: about a second. Includes libsodium's "moderate" (256 MiB, three passes). */
const MAX_WORK_MIB = 1024

/** Memory × passes (KiB); undefined if this is not a valid argon2 hash. @see https://www.rfc-editor.org/rfc/rfc9106#section-3.1 */
export function argon2Work(hash: string): number | undefined {
  return parametersOf(hash)?.work
}

export function argon2(hash: string): ForeignHash | undefined {
  const parameters = parametersOf(hash)
  if (!parameters) return undefined
  const { memory, passes, lanes, work } = parameters
  const tooMuch = memory > MAX_MEMORY_MIB * 1024 || work > MAX_WORK_MIB * 1024
  return {
    algorithm: 'argon2',
    work,
    excess: tooMuch
      ? `argon2 with more than ${MAX_MEMORY_MIB} MiB, or more than ${MAX_WORK_MIB} MiB × passes`
      : undefined,
    sample: `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    matches: password => verifySync(hash, password),
  }
}

function parametersOf(hash: string) {
  const [, memory = 0, passes = 0, lanes = 0] = ARGON2.exec(hash)?.map(Number) ?? []
  const sound = passes > 0 && lanes > 0 && memory >= 8 * lanes
  return sound ? { memory, passes, lanes, work: memory * passes } : undefined
}
