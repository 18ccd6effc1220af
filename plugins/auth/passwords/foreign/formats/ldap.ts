import { hash as digest } from 'node:crypto'
import { constantTimeEqual } from '../../../../keys/constant-time.ts'
import { type Format, fromBase64 } from '../foreign-hash.ts'

const SHA = /^\{(S?)SHA-?(|256|384|512)\}([A-Za-z0-9+/]+=*)$/i
const DIGEST_BYTES: Record<string, number> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

/** `userPassword` of LDAP servers: the digest, followed by the salt if there is one. @see https://www.rfc-editor.org/rfc/rfc2307#section-5.3 */
export const ldap: Format = {
  name: 'LDAP ({SSHA}…, {SSHA512}…)',
  parse(hash) {
    const [, salted, bits, text = ''] = SHA.exec(hash) ?? []
    const name = `sha${bits || 1}`
    const bytes = fromBase64(text)
    const length = DIGEST_BYTES[name] ?? 0
    if (salted === undefined || bytes.length < length || bytes.length > length !== (salted !== '')) return undefined
    const [key, salt] = [bytes.subarray(0, length), bytes.subarray(length)]
    return {
      algorithm: 'digest',
      work: 1,
      sample: `{SHA}${'A'.repeat(27)}=`,
      matches: password => constantTimeEqual(digest(name, Buffer.concat([Buffer.from(password), salt]), 'buffer'), key),
    }
  },
}
