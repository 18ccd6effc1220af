/** Hashes that other systems made, as they come with an import. Each is replaced by ours at its owner's first login. */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { Worker } from 'node:worker_threads'

const BCRYPT = /^\$2[aby]\$(0[4-9]|1\d|20)\$[./A-Za-z0-9]{53}$/
/** A salt of 8 bytes at least, which libraries demand, and a hash of 16. */
const ARGON2 =
  /^\$argon2(?:id?|d)\$v=(?:16|19)\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,8})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/
/** PHC string format, as passlib writes it too (with `.` for `+`). */
const SCRYPT_PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$/
/** As Werkzeug (Flask) writes it. */
const SCRYPT_WERKZEUG = /^scrypt:(\d{1,8}):(\d{1,2}):(\d{1,2})\$([^$]+)\$([0-9a-f]+)$/

/** What one verification may take at most (bytes): 2^17 blocks of 1 KiB are OWASP's advice, twice that is refused. */
const MAX_MEMORY = 256 * 1024 * 1024
/** … and how many passes of argon2 over how much memory (KiB): one hash must not keep a thread busy for minutes at every guess. */
const MAX_ARGON2_WORK = 16 * 256 * 1024

interface Scrypt {
  N: number
  r: number
  p: number
  salt: Buffer
  key: Buffer
}

/** @see https://www.rfc-editor.org/rfc/rfc9106#section-3.1 which numbers there are */
export function isArgon2(hash: string): boolean {
  const { m, t, p } = argon2Cost(hash)
  return t > 0 && p > 0 && m >= 8 * p
}

function argon2Cost(hash: string): Record<'m' | 't' | 'p', number> {
  const [, m = 0, t = 0, p = 0] = ARGON2.exec(hash)?.map(Number) ?? []
  return { m, t, p }
}

/** Can a login verify this hash? argon2, bcrypt and scrypt in their usual string forms. */
export function isVerifiable(hash: string): boolean {
  if (hash.length > 255) return false
  return isArgon2(hash) || BCRYPT.test(hash) || parseScrypt(hash) !== undefined
}

/** … and without more work than a login may cost? How much our own hashes cost is a matter of configuration. */
export function isImportable(hash: string): boolean {
  const { m, t } = argon2Cost(hash)
  return isVerifiable(hash) && m * 1024 <= MAX_MEMORY && m * t <= MAX_ARGON2_WORK
}

/** Is it the password of this bcrypt or scrypt hash? What is neither is nobody's. */
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
  return sound && 128 * parsed.N * parsed.r < MAX_MEMORY ? parsed : undefined
}

function verifyScrypt({ N, r, p, salt, key }: Scrypt, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, key.length, { N, r, p, maxmem: 2 * MAX_MEMORY }, (error, derived) => {
      if (error) reject(error)
      else resolve(timingSafeEqual(derived, key))
    })
  })
}

/** bcryptjs is JavaScript and computes for a tenth of a second: in a thread of its own it holds up nobody. */
function verifyBcrypt(hash: string, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./bcrypt-worker.ts', import.meta.url), { workerData: { hash, password } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
