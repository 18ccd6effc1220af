// app.attempts: brute force gets slower with every failure. Counted in Redis for all processes, and in this one while Redis is down.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { createMemoryCounter } from './memory.ts'
import { createRedisCounter } from './redis.ts'

declare module 'fastify' {
  interface FastifyInstance {
    attempts: {
      /**
       * Counts an attempt against the budget of `key` before its outcome is known, so that parallel attempts cannot share one.
       * @throws tooManyAttempts, with the seconds to wait
       */
      take(budget: Budget, key: string): Promise<void>
      /** The attempt succeeded. An account's count is reset; an address gets back the one attempt. */
      refund(budget: Budget, key: string): Promise<void>
    }
  }
}

export type Budget = 'account' | 'address'

export default fp(
  async app => {
    const { ACCOUNT_ATTEMPTS_MAX, ADDRESS_ATTEMPTS_MAX, REDIS_PREFIX } = app.config
    const max = { account: ACCOUNT_ATTEMPTS_MAX, address: ADDRESS_ATTEMPTS_MAX }
    const memory = createMemoryCounter()
    const redis = app.redis.holocron && createRedisCounter(app.redis.holocron)
    app.addHook('onClose', () => memory.stop())

    app.decorate('attempts', {
      async take(budget, key) {
        const name = keyOf(budget, key)
        const wait = (await redis?.take(name, max[budget]).catch(() => undefined)) ?? memory.take(name, max[budget])
        if (wait === 0) return
        throw errors.tooManyAttempts({ details: { limit: budget }, retryAfter: Math.ceil(wait / 1000) })
      },
      async refund(budget, key) {
        const name = keyOf(budget, key)
        const operation = budget === 'account' ? 'reset' : 'refund'
        memory[operation](name)
        await redis?.[operation](name).catch(() => {})
      },
    })

    function keyOf(budget: Budget, key: string): string {
      return `${REDIS_PREFIX}throttle:${budget}:${key}`
    }
  },
  { name: 'attempts', dependencies: ['config', 'redis'] },
)
