import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { boundedQueue } from '../../http/load-shedding/bounded-queue.ts'
import { argon2Work } from './foreign/algorithms/argon2.ts'

/** `Algorithm.Argon2id`: a const enum, which type stripping cannot read. */
const ARGON2ID = 2
/** argon2 hashes of up to this multiple of the configured work count as our own: the configuration may have been higher before. */
const OWN_WORK_FACTOR = 4

/** argon2id with the configured parameters. @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
export function ownHashes(config: Config, traces: FastifyInstance['traces']) {
  const { ARGON2_MEMORY_KIB: memory, ARGON2_ITERATIONS: passes, ARGON2_PARALLELISM: lanes } = config
  const parameters = { algorithm: ARGON2ID, memoryCost: memory, timeCost: passes, parallelism: lanes }
  const queue = boundedQueue(config.ARGON2_THREADS, config.ARGON2_QUEUE_MAX)
  if (traces) queue.run = traces.queue('argon2', queue.run)

  return {
    queue,
    /** A hash of no password, which costs as much to verify: random bytes in PHC string format. @see https://github.com/P-H-C/phc-string-format */
    dummy: `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${randomBase64(16)}$${randomBase64(32)}`,
    hash: (password: string) => queue.run(() => hash(normalize(password), parameters)),
    verify: (stored: string, password: string) =>
      queue.run(() => verify(stored, normalize(password)).catch(() => false)),
    /** Duration of a verification, without waiting (ms). */
    measure: (stored: string) =>
      queue.run(async () => {
        const start = performance.now()
        await verify(stored, '')
        return performance.now() - start
      }),
    isOwn: (stored: string) => (argon2Work(stored) ?? Infinity) <= OWN_WORK_FACTOR * memory * passes,
    needsRehash(stored: string) {
      const [, m = 0, t = 0] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(stored)?.map(Number) ?? []
      return m < memory || t < passes
    },
  }
}

function randomBase64(bytes: number): string {
  return randomBytes(bytes).toString('base64').replace(/=+$/, '')
}

/** One password can be typed as different code points: é, or e and an accent. @see https://www.rfc-editor.org/rfc/rfc8265#section-4.2 */
export function normalize(password: string): string {
  return password.normalize('NFC')
}
