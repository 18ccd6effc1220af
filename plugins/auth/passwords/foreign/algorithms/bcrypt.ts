import { compareSync } from 'bcryptjs'
import type { ForeignHash } from '../foreign-hash.ts'

const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/

/** About a second in JavaScript; each step doubles the time. */
const MAX_COST = 14

/** @param prepare the system's transformation of the password before bcrypt, which considers 72 bytes only */
export function bcrypt(
  hash: string,
  prepare: (password: string) => string = password => password,
): ForeignHash | undefined {
  const [, cost] = BCRYPT.exec(hash) ?? []
  if (cost === undefined) return undefined
  return {
    algorithm: 'bcrypt',
    work: 2 ** Number(cost),
    excess: Number(cost) > MAX_COST ? `bcrypt with a cost of more than ${MAX_COST}` : undefined,
    sample: `$2b$${cost}$${'.'.repeat(53)}`,
    matches: password => compareSync(prepare(password), hash),
  }
}
