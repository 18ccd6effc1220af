import { hash as digest } from 'node:crypto'
import { bcrypt } from '../algorithms/bcrypt.ts'
import { pbkdf2 } from '../algorithms/pbkdf2.ts'
import { scrypt } from '../algorithms/scrypt.ts'
import { type ForeignHash, type Format, fromBase64 } from '../foreign-hash.ts'

const PBKDF2 = /^pbkdf2_(sha1|sha256)\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/]+=*)$/
const SCRYPT = /^scrypt\$(\d{1,9})\$([^$]+)\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/]+=*)$/
const BCRYPT_SHA256 = /^bcrypt_sha256\$(\$2[aby]\$.+)$/

/** Django's hashers, except those that are bcrypt or argon2 behind a prefix. @see https://docs.djangoproject.com/en/5.2/topics/auth/passwords/ */
export const django: Format = {
  name: 'Django (pbkdf2_sha256$…, scrypt$…, bcrypt_sha256$…)',
  parse: hash => parsePbkdf2(hash) ?? parseScrypt(hash) ?? parseBcrypt(hash),
}

function parsePbkdf2(hash: string): ForeignHash | undefined {
  const [, name, iterations = '', salt = '', key = ''] = PBKDF2.exec(hash) ?? []
  return pbkdf2(name, iterations, Buffer.from(salt), fromBase64(key))
}

function parseScrypt(hash: string): ForeignHash | undefined {
  const [, N, salt = '', r, p, key = ''] = SCRYPT.exec(hash) ?? []
  return scrypt({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(salt), fromBase64(key))
}

function parseBcrypt(hash: string): ForeignHash | undefined {
  const [, inner = ''] = BCRYPT_SHA256.exec(hash) ?? []
  return bcrypt(inner, password => digest('sha256', password))
}
