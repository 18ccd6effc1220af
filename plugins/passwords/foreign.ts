/** Hashes that other systems made, as they come with an import. Each is replaced by ours at its owner's first login. */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { Worker } from 'node:worker_threads'

const BCRYPT = /^\$2[aby]\$(0[4-9]|1\d|20)\$[./A-Za-z0-9]{53}$/
const ARGON2 = /^\$argon2(id?|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/
/** PHC string format, as passlib writes it too (with `.` for `+`). */
const SCRYPT_PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$/
/** As Werkzeug (Flask) writes it. */
const SCRYPT_WERKZEUG = /^scrypt:(\d{1,8}):(\d{1,2}):(\d{1,2})\$([^$]+)\$([0-9a-f]+)$/

/** What one verification may take at most (bytes): 2^17 blocks of 1 KiB are OWASP's advice, twice that is refused. */
const MAX_MEMORY = 256 * 1024 * 1024

interface Scrypt {
  N: number
  r: number
  p: number
  salt: Buffer
  key: Buffer
}

export const isArgon2 = (hash: string): boolean => ARGON2.test(hash)

/** Can a login verify this hash? argon2, bcrypt and scrypt in their usual string forms. */
export function isVerifiable(hash: string): boolean {
  if (hash.length > 255) return false
  return isArgon2(hash) || BCRYPT.test(hash) || parseScrypt(hash) !== undefined
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
