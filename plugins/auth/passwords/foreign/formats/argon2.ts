import { argon2 } from '../algorithms/argon2.ts'
import type { Format } from '../foreign-hash.ts'

/** PHC string format: the reference implementation, libsodium, PHP, Python and most others. */
export const argon2Format: Format = { name: 'argon2 ($argon2id$…)', parse: argon2 }
