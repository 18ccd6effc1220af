// app.attempts: brute force gets slower with every failure. Counted in Redis for all processes, and in this one while Redis is down.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { createMemoryCounter } from './memory.ts'
import { createRedisCounter } from './redis.ts'

declare module 'fastify' {
  interface FastifyInstance {
    attempts: {
      /**
       * Counts an attempt against the budgets of a client and an account before its outcome is known, so that parallel attempts cannot share one.
       * @param whenLocked returns the key of another budget to use while the account is locked, if there is one
       * @throws tooManyAttempts, with the seconds to wait
       */
      take(client: string, account: string, whenLocked?: () => Promise<string | undefined>): Promise<Attempt>
      /** Resets an account's count. */
      unlock(account: string): Promise<void>
    }
  }
}

interface Attempt {
  /** The account's count is reset, and the client gets back the one attempt. */
  succeeded(): Promise<void>
  /** The outcome stays unknown (an error): both get back this one attempt, and no lock is lifted. */
  giveBack(): Promise<void>
}

type Budget = 'account' | 'client'

/** In the details of a 429, as documented. */
const LIMIT_NAMES = { account: 'account', client: 'address' }

export default fp(
  async app => {
    const { ACCOUNT_ATTEMPTS_MAX, ADDRESS_ATTEMPTS_MAX, REDIS_PREFIX } = app.config
    const max = { account: ACCOUNT_ATTEMPTS_MAX, client: ADDRESS_ATTEMPTS_MAX }
    const memory = createMemoryCounter()
    const redis = app.redis.holocron && createRedisCounter(app.redis.holocron)
    app.addHook('onClose', () => memory.stop())

    const keyOf = (budget: Budget, key: string) => `${REDIS_PREFIX}attempts:${budget}:${key}`

    async function takeFrom(budget: Budget, key: string): Promise<void> {
      const name = keyOf(budget, key)
      const wait = (await redis?.take(name, max[budget]).catch(() => undefined)) ?? memory.take(name, max[budget])
      if (wait === 0) return
      throw errors.tooManyAttempts({ details: { limit: LIMIT_NAMES[budget] }, retryAfter: Math.ceil(wait / 1000) })
    }

    async function takeFromAccount(account: string, whenLocked = async (): Promise<string | undefined> => undefined) {
      try {
        await takeFrom('account', account)
        return account
      } catch (locked) {
        const other = await whenLocked()
        if (other === undefined) throw locked
        await takeFrom('account', other)
        return other
      }
    }

    async function correct(operation: 'refund' | 'reset' | 'giveBack', budget: Budget, key: string): Promise<void> {
      const name = keyOf(budget, key)
      memory[operation](name)
      await redis?.[operation](name).catch(() => {})
    }

    const unlock = (account: string) => correct('reset', 'account', account)

    app.decorate('attempts', {
      async take(client, account, whenLocked) {
        await takeFrom('client', client)
        const counted = await takeFromAccount(account, whenLocked)
        return {
          succeeded: async () => void (await Promise.all([correct('refund', 'client', client), unlock(counted)])),
          giveBack: async () =>
            void (await Promise.all([correct('giveBack', 'client', client), correct('giveBack', 'account', counted)])),
        }
      },
      unlock,
    })
  },
  { name: 'attempts', dependencies: ['config', 'redis'] },
)
