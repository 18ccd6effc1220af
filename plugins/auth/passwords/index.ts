// app.passwords: argon2id behind a bounded queue: a flood of logins ends in 503s, not in an endless wait. Foreign hashes have threads of their own.
import fp from 'fastify-plugin'
import { listForeignHashes, recordForeignHash } from '#sql/foreign-hashes.ts'
import { rejectCommon } from './common.ts'
import { failureFloor } from './failure-floor.ts'
import { foreignVerifier } from './foreign/verifier.ts'
import { normalize, ownHashes } from './own.ts'
import { followsRule } from './rule.ts'

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
      /** Does the password follow the rule for new passwords? */
      followsRule(password: string): boolean
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

export default fp(
  async app => {
    const { config, db, metrics } = app
    const own = ownHashes(config, app.traces)
    const foreign = foreignVerifier(config, ({ algorithm, work, sample }) => {
      // A hash that no import recorded (SQL, for example).
      const recorded = recordForeignHash(db, { algorithm, work, sample }).then(floor.refresh)
      recorded.catch(error => app.log.warn(error))
      return recorded
    })
    const floor = failureFloor(
      async () => (await listForeignHashes(db)).map(({ sample }) => sample),
      hash => (own.isOwn(hash) ? own : foreign).measure(hash),
      own.dummy,
    )
    floor.start()
    app.addHook('onClose', () => foreign.close())

    async function matches(stored: string, password: string): Promise<boolean> {
      if (own.isOwn(stored)) return own.verify(stored, password)
      const verdict = await foreign.verify(stored, formsOf(password))
      if (verdict !== undefined) return verdict
      await own.verify(own.dummy, password)
      return false
    }

    const { run: _run, ...queue } = own.queue
    app.decorate('passwords', {
      hash: own.hash,
      async verify(stored = own.dummy, password) {
        const start = performance.now()
        const verified = await matches(stored, password)
        if (!verified) await floor.reached(start, formsOf(password).length)
        return verified
      },
      needsRehash: own.needsRehash,
      followsRule: password => followsRule(password, config.PASSWORD_MAX_LENGTH),
      rejectCommon,
      ...queue,
    })
    for (const [name, help, load] of [
      ['holocron_password_queue', 'Passwords being hashed, and waiting to be hashed', queue.load],
      ['holocron_foreign_password_queue', 'Foreign hashes being verified, and waiting to be verified', foreign.load],
    ] as const)
      metrics.add({
        type: 'gauge',
        name,
        help,
        labelNames: ['state'],
        collect: () => Object.entries(load()).map(([state, value]) => ({ labels: { state }, value })),
      })
  },
  { name: 'passwords', dependencies: ['config', 'db', 'metrics', 'traces'] },
)

/** Other systems may not have normalized the password: as it is, and normalized if that differs. */
function formsOf(password: string): string[] {
  return [...new Set([password, normalize(password)])]
}
