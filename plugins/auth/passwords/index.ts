// app.passwords: argon2id behind a bounded queue: a flood of logins ends in 503s, not in an endless wait.
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import fp from 'fastify-plugin'
import { rejectCommon } from './common.ts'
import { isArgon2, isVerifiable, verifyForeign } from './foreign.ts'
import { boundedQueue } from './queue.ts'

declare module 'fastify' {
  interface FastifyInstance {
    passwords: {
      /** Hashes with the configured parameters. @throws unavailable if the queue is full */
      hash(password: string): Promise<string>
      /**
       * Verifies a password. Without a hash (unknown e-mail), or with a damaged one, it takes as long and returns false.
       * @throws unavailable if the queue is full
       */
      verify(hash: string | undefined, password: string): Promise<boolean>
      /** Was the hash made with less work than configured, or by another algorithm? A stronger one is kept. */
      needsRehash(hash: string): boolean
      /** @throws passwordTooCommon */
      rejectCommon(password: string): Promise<void>
      isFull(): boolean
      /** Call it before anything else is done for a request that needs a verification. @throws unavailable if the queue is full */
      assertCapacity(): void
      /** Hashings running and waiting. */
      load(): { running: number; waiting: number }
    }
  }
}

/** `Algorithm.Argon2id`: a const enum, which type stripping cannot read. */
const ARGON2ID = 2

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
export default fp(
  async app => {
    const { ARGON2_MEMORY_KIB, ARGON2_ITERATIONS, ARGON2_PARALLELISM, ARGON2_THREADS, ARGON2_QUEUE_MAX } = app.config
    const parameters = {
      algorithm: ARGON2ID,
      memoryCost: ARGON2_MEMORY_KIB,
      timeCost: ARGON2_ITERATIONS,
      parallelism: ARGON2_PARALLELISM,
    }
    const dummy = dummyHash(parameters)
    const { run, ...queue } = boundedQueue(ARGON2_THREADS, ARGON2_QUEUE_MAX)

    app.decorate('passwords', {
      hash: password => run(() => hash(normalize(password), parameters)),
      async verify(stored, password) {
        const compared = stored !== undefined && isVerifiable(stored) ? stored : dummy
        const check = isArgon2(compared) ? verify : verifyForeign
        const matches = await run(() => check(compared, normalize(password)).catch(() => false))
        return matches && compared === stored
      },
      needsRehash(stored) {
        const [, m = 0, t = 0] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(stored)?.map(Number) ?? []
        return m < ARGON2_MEMORY_KIB || t < ARGON2_ITERATIONS
      },
      rejectCommon,
      ...queue,
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_password_queue',
      help: 'Passwords being hashed, and waiting to be hashed',
      labelNames: ['state'],
      collect: () => Object.entries(queue.load()).map(([state, value]) => ({ labels: { state }, value })),
    })
  },
  { name: 'passwords', dependencies: ['config', 'metrics'] },
)

/** A hash of no password, which costs as much to verify: random bytes in PHC string format. @see https://github.com/P-H-C/phc-string-format */
function dummyHash({ memoryCost, timeCost, parallelism }: Record<string, number>): string {
  const random = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${random(16)}$${random(32)}`
}

/** One password can be typed as different code points: é, or e and an accent. @see https://www.rfc-editor.org/rfc/rfc8265#section-4.2 */
function normalize(password: string): string {
  return password.normalize('NFC')
}
