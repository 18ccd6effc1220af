import { constantTimeEqual } from '../../../../keys/constant-time.ts'
import { deriveScrypt, scryptHash } from '../algorithms/scrypt.ts'
import type { Format } from '../foreign-hash.ts'

const BETTER_AUTH = /^([0-9a-f]{32}):([0-9a-f]{128})$/
const COST = { N: 16_384, r: 16, p: 1 }

/** The salt is used in its hexadecimal form. @see https://github.com/better-auth/better-auth/blob/main/packages/better-auth/src/crypto/password.ts */
export const betterAuth: Format = {
  name: 'better-auth (salt:key)',
  parse(hash) {
    const [, salt, hex = ''] = BETTER_AUTH.exec(hash) ?? []
    if (salt === undefined) return undefined
    const key = Buffer.from(hex, 'hex')
    return scryptHash(COST, password =>
      constantTimeEqual(deriveScrypt(COST, password.normalize('NFKC'), Buffer.from(salt), key.length), key),
    )
  },
}
