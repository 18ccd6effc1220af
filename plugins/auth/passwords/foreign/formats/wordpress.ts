import { createHmac } from 'node:crypto'
import { bcrypt } from '../algorithms/bcrypt.ts'
import { phpass } from '../algorithms/phpass.ts'
import type { Format } from '../foreign-hash.ts'

const PREFIX = '$wp'

/** phpass up to 6.7 (phpBB: `$H$`), bcrypt of an HMAC since 6.8. @see https://make.wordpress.org/core/2025/02/17/wordpress-6-8-will-use-bcrypt-for-password-hashing/ */
export const wordpress: Format = {
  name: 'WordPress and phpass ($P$…, $wp$2y$…)',
  parse: hash => (hash.startsWith(PREFIX) ? bcrypt(hash.slice(PREFIX.length), preHash) : phpass(hash)),
}

function preHash(password: string): string {
  return createHmac('sha384', 'wp-sha384').update(password.trim()).digest('base64')
}
