/** Hashes made by other systems, which come with an import. Each is replaced by our own at the user's first login. */
import { scrypt } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { constantTimeEqual } from '../../keys/constant-time.ts'

const BCRYPT = /^\$2[aby]\$(0[4-9]|1\d|20)\$[./A-Za-z0-9]{53}$/
/** At least 8 bytes of salt, which libraries demand, and 16 of hash. */
const ARGON2 =
  /^\$argon2(?:id?|d)\$v=(?:16|19)\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,8})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/
/** PHC string format; passlib's too (`.` for `+`). */
const SCRYPT_PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$/
/** Werkzeug's (Flask). */
const SCRYPT_WERKZEUG = /^scrypt:(\d{1,8}):(\d{1,2}):(\d{1,2})\$([^$]+)\$([0-9a-f]+)$/

/** Maximum memory of one verification (bytes): OWASP recommends 2^17 blocks of 1 KiB; twice that is rejected. */
const MEMORY_MAX = 256 * 1024 * 1024
/** Maximum passes × memory (KiB) of argon2: one hash must not keep a thread busy for minutes at each guess. */
const ARGON2_WORK_MAX = 16 * 256 * 1024

interface Scrypt {
  N: number
  r: number
  p: number
  salt: Buffer
  key: Buffer
}

/** With parameters in the range of the RFC. @see https://www.rfc-editor.org/rfc/rfc9106#section-3.1 */
export function isArgon2(hash: string): boolean {
  const { m, t, p } = argon2Cost(hash)
  return t > 0 && p > 0 && m >= 8 * p
}

function argon2Cost(hash: string): Record<'m' | 't' | 'p', number> {
  const [, m = 0, t = 0, p = 0] = ARGON2.exec(hash)?.map(Number) ?? []
  return { m, t, p }
}

/** Can a login verify this hash? argon2, bcrypt or scrypt, in their usual string forms. */
export function isVerifiable(hash: string): boolean {
  if (hash.length > 255) return false
  return isArgon2(hash) || BCRYPT.test(hash) || parseScrypt(hash) !== undefined
}

/** The same, and within the maximum cost of a login. (The cost of our own hashes is configuration.) */
export function isImportable(hash: string): boolean {
  const { m, t } = argon2Cost(hash)
  return isVerifiable(hash) && m * 1024 <= MEMORY_MAX && m * t <= ARGON2_WORK_MAX
}

/** Verifies a bcrypt or scrypt hash; false for any other. */
export async function verifyForeign(hash: string, password: string): Promise<boolean> {
  if (BCRYPT.test(hash)) return verifyBcrypt(hash, password)
  const parameters = parseScrypt(hash)
  return parameters ? verifyScrypt(parameters, password) : false
}

function parseScrypt(hash: string): Scrypt | undefined {
  const phc = SCRYPT_PHC.exec(hash)
  const werkzeug = SCRYPT_WERKZEUG.exec(hash)
  const [, cost = '', r = '', p = '', salt = '', key = ''] = phc ?? werkzeug ?? []
  if (!key) return undefined
  const bytes = (text: string) => Buffer.from(text.replaceAll('.', '+'), 'base64')
  const parameters = phc
    ? { N: 2 ** Number(cost), salt: bytes(salt), key: bytes(key) }
    : { N: Number(cost), salt: Buffer.from(salt), key: Buffer.from(key, 'hex') }
  const parsed = { ...parameters, r: Number(r), p: Number(p) }
  const sound =
    Number.isInteger(Math.log2(parsed.N)) && parsed.N > 1 && parsed.r > 0 && parsed.p > 0 && parsed.key.length >= 16
  return sound && 128 * parsed.N * parsed.r < MEMORY_MAX ? parsed : undefined
}

function verifyScrypt({ N, r, p, salt, key }: Scrypt, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, key.length, { N, r, p, maxmem: 2 * MEMORY_MAX }, (error, derived) => {
      if (error) reject(error)
      else resolve(constantTimeEqual(derived, key))
    })
  })
}

/** bcryptjs is JavaScript and computes for a tenth of a second: in a thread of its own it does not block the event loop. */
function verifyBcrypt(hash: string, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./bcrypt-worker.ts', import.meta.url), { workerData: { hash, password } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
