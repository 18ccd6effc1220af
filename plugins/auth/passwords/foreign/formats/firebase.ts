import { createCipheriv } from 'node:crypto'
import { constantTimeEqual } from '../../../../keys/constant-time.ts'
import { deriveScrypt, scryptHash } from '../algorithms/scrypt.ts'
import { type Format, fromBase64, isKey } from '../foreign-hash.ts'

/** Supabase's spelling, without the signer key (`sk`). */
const FIREBASE =
  /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3}),ss=([A-Za-z0-9+/_-]*=*)\$([A-Za-z0-9+/_-]+=*)\$([A-Za-z0-9+/_-]+=*)$/

const AES_KEY_BYTES = 32
const ZERO_IV = Buffer.alloc(16)

/**
 * Firebase encrypts the project's signer key with a key that scrypt derives from the password. The signer key is a setting and in no row:
 * a thief of the database cannot verify guesses without it.
 * @see https://github.com/firebase/scrypt
 */
export const firebase: Format = {
  name: 'Firebase ($fbscrypt$…)',
  parse(hash) {
    const [, log2, r, p, separator = '', salt = '', encrypted = ''] = FIREBASE.exec(hash) ?? []
    const cost = { N: 2 ** Number(log2), r: Number(r), p: Number(p) }
    const key = fromBase64(encrypted)
    if (!isKey(key)) return undefined
    return scryptHash(cost, (password, { firebaseSignerKeys }) => {
      const salted = Buffer.concat([fromBase64(salt), fromBase64(separator)])
      const derived = deriveScrypt(cost, password, salted, AES_KEY_BYTES)
      return firebaseSignerKeys.some(signerKey => constantTimeEqual(encrypt(derived, fromBase64(signerKey)), key))
    })
  },
}

function encrypt(key: Buffer, text: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-ctr', key, ZERO_IV)
  return Buffer.concat([cipher.update(text), cipher.final()])
}
