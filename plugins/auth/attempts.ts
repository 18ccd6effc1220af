// app.attempts: guessing gets slower with every failure. Counted in Redis for all processes, and in this one where Redis is away.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    attempts: {
      /**
       * Takes one attempt out of the budget of `key`, before it is known how it ends: so parallel attempts cannot share one.
       * @throws tooManyAttempts, with the seconds to wait
       */
      take(budget: Budget, key: string): Promise<void>
      /** The attempt was none of a guesser's. An account starts afresh; an address gets back what it took. */
      refund(budget: Budget, key: string): Promise<void>
    }
  }
}

export type Budget = 'account' | 'address'

/** The first lock of a key (ms); each further failure locks twice as long. */
const FIRST_LOCK = 1000
const LONGEST_LOCK = 15 * 60_000
/** Without an attempt for so long, all is forgotten (ms). */
const MEMORY = 60 * 60_000

interface Count {
  attempts: number
  lockedUntil: number
  forgetAt: number
}

/** The same as `attempt` below, in one step for all processes. Answers the ms to wait, 0 for a free way. */
const ATTEMPT = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local locked = tonumber(redis.call('HGET', KEYS[1], 'lockedUntil') or '0')
if locked > now then return locked - now end
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
local beyond = attempts - tonumber(ARGV[1])
if beyond > 0 then
  local lock = math.min(tonumber(ARGV[2]) * 2 ^ (beyond - 1), tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'lockedUntil', now + lock)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0`

const REFUND = `if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'attempts', -1)
  redis.call('HDEL', KEYS[1], 'lockedUntil')
end`

export default fp(
  async app => {
    const counts = new Map<string, Count>()
    const timer = setInterval(forgetOld, 60_000, counts).unref()
    app.addHook('onClose', () => clearInterval(timer))
    app.decorate('attempts', attempts(app, counts))
  },
  { name: 'attempts', dependencies: ['config', 'redis'] },
)

function attempts({ redis, config }: FastifyInstance, counts: Map<string, Count>): FastifyInstance['attempts'] {
  /** Attempts before the first lock. */
  const free = { account: config.ACCOUNT_ATTEMPTS_MAX, address: config.ADDRESS_ATTEMPTS_MAX }
  const keyOf = (budget: Budget, key: string) => `${config.REDIS_PREFIX}throttle:${budget}:${key}`

  return {
    async take(budget, key) {
      const name = keyOf(budget, key)
      const own = () => attempt(counts, name, free[budget])
      const wait = redis
        ? await redis.eval(ATTEMPT, 1, name, free[budget], FIRST_LOCK, LONGEST_LOCK, MEMORY).catch(own)
        : own()
      if (Number(wait) > 0)
        throw errors.tooManyAttempts({ details: { limit: budget }, retryAfter: Math.ceil(Number(wait) / 1000) })
    },
    async refund(budget, key) {
      const name = keyOf(budget, key)
      const refund = budget === 'address'
      const count = counts.get(name)
      if (count && refund) Object.assign(count, { attempts: count.attempts - 1, lockedUntil: 0 })
      if (!refund) counts.delete(name)
      await (refund ? redis?.eval(REFUND, 1, name) : redis?.del(name))?.catch(() => {})
    },
  }
}

/** Answers the ms to wait, 0 for a free way. */
function attempt(counts: Map<string, Count>, key: string, free: number): number {
  const now = Date.now()
  const count = counts.get(key) ?? { attempts: 0, lockedUntil: 0, forgetAt: 0 }
  if (count.lockedUntil > now) return count.lockedUntil - now
  count.attempts++
  const beyond = count.attempts - free
  if (beyond > 0) count.lockedUntil = now + Math.min(FIRST_LOCK * 2 ** (beyond - 1), LONGEST_LOCK)
  count.forgetAt = now + MEMORY
  counts.set(key, count)
  return 0
}

function forgetOld(counts: Map<string, Count>): void {
  const now = Date.now()
  for (const [key, { forgetAt }] of counts) if (forgetAt < now) counts.delete(key)
}
