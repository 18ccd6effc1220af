/** Hashes made by other systems, which come with an import. Each is replaced by our own at the user's first login. */
import type { ForeignHash, Format } from './foreign-hash.ts'
import { argon2Format } from './formats/argon2.ts'
import { aspnetIdentity } from './formats/aspnet-identity.ts'
import { bcryptFormat } from './formats/bcrypt.ts'
import { betterAuth } from './formats/better-auth.ts'
import { django } from './formats/django.ts'
import { firebase } from './formats/firebase.ts'
import { ldap } from './formats/ldap.ts'
import { phcPbkdf2 } from './formats/phc-pbkdf2.ts'
import { phcScrypt } from './formats/phc-scrypt.ts'
import { werkzeug } from './formats/werkzeug.ts'
import { wordpress } from './formats/wordpress.ts'

/** They exclude each other: their order does not matter. */
export const FORMATS: Format[] = [
  argon2Format,
  aspnetIdentity,
  bcryptFormat,
  betterAuth,
  django,
  firebase,
  ldap,
  phcPbkdf2,
  phcScrypt,
  werkzeug,
  wordpress,
]

/** Prefixes of LDAP servers, Spring Security and Django before a hash in a common format. */
const PREFIX = /^(?:\{(?:CRYPT|BCRYPT|ARGON2)\}|bcrypt\$|argon2(?=\$argon2))/i

/** The length of the column. */
const MAX_LENGTH = 255

/** Returns undefined if it is not a hash that a login can verify. Check `excess` too. */
export function parseForeign(hash: string): ForeignHash | undefined {
  if (hash.length > MAX_LENGTH) return undefined
  const bare = hash.replace(PREFIX, '')
  for (const { parse } of FORMATS) {
    const parsed = parse(bare)
    if (parsed) return parsed
  }
  return undefined
}
