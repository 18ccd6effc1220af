import { pbkdf2 } from '../algorithms/pbkdf2.ts'
import { type Format, fromBase64 } from '../foreign-hash.ts'

/** passlib: `$pbkdf2-sha256$29000$salt$key`; with named parameters: `$i=29000,l=32$`; LDAP servers: `{PBKDF2-SHA256}29000$salt$key`. */
const PBKDF2 =
  /^(?:\$pbkdf2(?:-(sha1|sha256|sha384|sha512))?\$|\{PBKDF2(?:-(SHA1|SHA256|SHA384|SHA512))?\})(?:i=)?(\d{1,9})(?:,l=\d+)?\$([A-Za-z0-9+/.]+=*)\$([A-Za-z0-9+/.]+=*)$/

/** @see https://passlib.readthedocs.io/en/stable/lib/passlib.hash.pbkdf2_digest.html */
export const phcPbkdf2: Format = {
  name: 'PBKDF2 ($pbkdf2-sha256$…)',
  parse(hash) {
    const [, phc, ldap, iterations = '', salt = '', key = ''] = PBKDF2.exec(hash) ?? []
    return pbkdf2(phc ?? ldap, iterations, fromBase64(salt), fromBase64(key))
  },
}
