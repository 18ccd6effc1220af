import { scrypt } from '../algorithms/scrypt.ts'
import { type Format, fromBase64 } from '../foreign-hash.ts'

/** passlib's `ln` is log2 of N. AdonisJS writes N as `n`, Ory Kratos as `ln`. */
const SCRYPT = /^\$scrypt\$(?:ln|n|N)=(\d{1,9}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/.]+=*)\$([A-Za-z0-9+/.]+=*)$/

/** A larger number is N itself. */
const LOG2_MAX = 63

/** @see https://github.com/P-H-C/phc-string-format */
export const phcScrypt: Format = {
  name: 'scrypt ($scrypt$…)',
  parse(hash) {
    const [, cost, r, p, salt = '', key = ''] = SCRYPT.exec(hash) ?? []
    const N = Number(cost) > LOG2_MAX ? Number(cost) : 2 ** Number(cost)
    return scrypt({ N, r: Number(r), p: Number(p) }, fromBase64(salt), fromBase64(key))
  },
}
