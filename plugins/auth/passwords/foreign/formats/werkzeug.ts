import { pbkdf2 } from '../algorithms/pbkdf2.ts'
import { scrypt } from '../algorithms/scrypt.ts'
import type { Format } from '../foreign-hash.ts'

const SCRYPT = /^scrypt:(\d{1,9}):(\d{1,3}):(\d{1,3})\$([^$]+)\$([0-9a-f]+)$/
const PBKDF2 = /^pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$([0-9a-f]+)$/

/** Flask. @see https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.generate_password_hash */
export const werkzeug: Format = {
  name: 'Werkzeug (scrypt:…, pbkdf2:…)',
  parse(hash) {
    const [, N, r, p, scryptSalt = '', scryptKey = ''] = SCRYPT.exec(hash) ?? []
    const [, digest, iterations = '', salt = '', key = ''] = PBKDF2.exec(hash) ?? []
    return (
      scrypt({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(scryptSalt), Buffer.from(scryptKey, 'hex')) ??
      pbkdf2(digest, iterations, Buffer.from(salt), Buffer.from(key, 'hex'))
    )
  },
}
