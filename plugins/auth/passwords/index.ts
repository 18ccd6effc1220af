// app.passwords: argon2id behind a bounded queue, so that a flood of logins ends in 503s and not in an endless wait.
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { isArgon2, isVerifiable, verifyForeign } from './foreign.ts'

declare module 'fastify' {
  interface FastifyInstance {
    passwords: {
      /** Hashes with the configured parameters. @throws unavailable where the queue is full */
      hash(password: string): Promise<string>
      /**
       * Is it the password of this hash? An absent hash (unknown e-mail) is a no that takes as long; so does one that is damaged.
       * @throws unavailable where the queue is full
       */
      verify(hash: string | undefined, password: string): Promise<boolean>
      /** Was it made with less work than is configured, or by another algorithm? A stronger one stays as it is. */
      needsRehash(hash: string): boolean
      /** Would the next one be turned away? */
      isFull(): boolean
      /** Turns away who would find the queue full, before anything is done for them. @throws unavailable */
      demandRoom(): void
      /** Passwords being hashed and waiting. */
      load(): { running: number; waiting: number }
    }
  }
}

/** `Algorithm.Argon2id`: a const enum, which type stripping cannot read. */
const ARGON2ID = 2
/** A full queue empties in about that time (seconds). */
const RETRY_AFTER = 2

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
    const nobodys = hashOfNothing(parameters)
    const queue = boundedQueue(ARGON2_THREADS, ARGON2_QUEUE_MAX)

    app.decorate('passwords', {
      hash: password => queue.run(() => hash(normalise(password), parameters)),
      async verify(stored, password) {
        const genuine = stored !== undefined && isVerifiable(stored) ? stored : nobodys
        const check = isArgon2(genuine) ? verify : verifyForeign
        const matches = await queue.run(() => check(genuine, normalise(password)).catch(() => false))
        return matches && genuine === stored
      },
      needsRehash(stored) {
        const [, m = 0, t = 0] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(stored)?.map(Number) ?? []
        return m < ARGON2_MEMORY_KIB || t < ARGON2_ITERATIONS
      },
      isFull: queue.isFull,
      demandRoom: queue.demandRoom,
      load: queue.load,
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

/** What no password hashes to, and costs as much to verify: random bytes in the form of a hash. @see https://github.com/P-H-C/phc-string-format */
function hashOfNothing({ memoryCost, timeCost, parallelism }: Record<string, number>): string {
  const random = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${random(16)}$${random(32)}`
}

/** One password may be typed as different code points: é, or e and an accent. @see https://www.rfc-editor.org/rfc/rfc8265#section-4.2 */
function normalise(password: string): string {
  return password.normalize('NFC')
}

function boundedQueue(threads: number, longest: number) {
  const waiting: (() => void)[] = []
  let running = 0

  const isFull = () => running >= threads && waiting.length >= longest

  function demandRoom(): void {
    if (isFull()) throw errors.unavailable({ retryAfter: RETRY_AFTER })
  }

  return {
    isFull,
    demandRoom,
    load: () => ({ running, waiting: waiting.length }),
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (running < threads) running++
      else {
        demandRoom()
        await new Promise<void>(resolve => waiting.push(resolve))
      }
      try {
        return await work()
      } finally {
        // The place goes straight to the next in line, or is given up.
        const next = waiting.shift()
        if (next) next()
        else running--
      }
    },
  }
}
