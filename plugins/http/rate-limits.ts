// app.limits: how often a caller may ask. The general limit is counted in this process, for nothing; the one that guards passwords and mails also in Redis.
import rateLimit, { type FastifyRateLimitStore, type RateLimitOptions } from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    limits: {
      /** Counts a request of this caller (a user's id or a client's `limitKey`). @throws tooManyRequests beyond RATE_LIMIT_MAX */
      count(caller: string): void
      /** A route's `config.rateLimit` where passwords are tried or mails are sent. */
      auth: RateLimitOptions
    }
  }
}

const WINDOW = 60_000

/** Counts one hit and says how many there were and when the window ends. */
const HIT = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { n, redis.call('PTTL', KEYS[1]) }`

export default fp(
  async app => {
    const { RATE_LIMIT_MAX, AUTH_RATE_LIMIT_MAX } = app.config
    const general = windowCounter()
    await app.register(rateLimit, {
      global: false,
      keyGenerator: request => request.client.limitKey,
      store: sharedStore(app),
      errorResponseBuilder: (_request, { max, ttl }) => exceeded('AUTH_RATE_LIMIT_MAX', max, ttl),
    })
    app.decorate('limits', {
      count(caller) {
        if (general.hit(caller) > RATE_LIMIT_MAX) throw exceeded('RATE_LIMIT_MAX', RATE_LIMIT_MAX, general.remaining())
      },
      auth: { max: AUTH_RATE_LIMIT_MAX, timeWindow: WINDOW },
    })
    app.addHook('onClose', () => general.stop())
  },
  { name: 'rate-limits', dependencies: ['config', 'redis', 'client'] },
)

function exceeded(limit: string, max: number, remaining: number) {
  return errors.tooManyRequests({ details: { limit, max }, retryAfter: Math.ceil(remaining / 1000) })
}

/** Counts hits by key, and forgets them all once a minute. */
function windowCounter() {
  const hits = new Map<string, { count: number }>()
  let startedAt = performance.now()
  const timer = setInterval(() => {
    hits.clear()
    startedAt = performance.now()
  }, WINDOW).unref()
  return {
    hit(key: string): number {
      const entry = hits.get(key)
      if (entry) return ++entry.count
      hits.set(key, { count: 1 })
      return 1
    },
    remaining: () => Math.max(0, startedAt + WINDOW - performance.now()),
    stop: () => clearInterval(timer),
  }
}

/** One budget for all the routes that share it, on all instances; where Redis is away, this process's own count still holds. */
function sharedStore(app: FastifyInstance) {
  const local = windowCounter()
  app.addHook('onClose', () => local.stop())

  return class implements FastifyRateLimitStore {
    incr(key: string, callback: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      const own = { current: local.hit(key), ttl: local.remaining() }
      if (!app.redis) return callback(null, own)
      app.redis.eval(HIT, 1, `${app.config.REDIS_PREFIX}limit:${key}`, WINDOW).then(
        reply => {
          const [current, ttl] = reply as [number, number]
          callback(null, { current: Math.max(current, own.current), ttl })
        },
        () => callback(null, own),
      )
    }

    child() {
      return this
    }
  }
}
