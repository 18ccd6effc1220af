import type { FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { Result } from 'ioredis'
import { createWindowCounter, WINDOW_MS } from './window-counter.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Returns the hits in this window, this one included, and the time until it ends (ms). */
    countHit(key: string, window: number): Result<[hits: number, ttl: number], Context>
  }
}

const COUNT_HIT = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { n, redis.call('PTTL', KEYS[1]) }`

/** A store of @fastify/rate-limit: one budget for all routes that share it, on all instances. While Redis is down, this process's own count still holds. */
export function sharedStore(app: FastifyInstance) {
  const redis = app.redis.holocron
  const local = createWindowCounter()
  app.addHook('onClose', () => local.stop())
  redis?.defineCommand('countHit', { numberOfKeys: 1, lua: COUNT_HIT })

  return class implements FastifyRateLimitStore {
    incr(key: string, callback: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      const own = { current: local.hit(key), ttl: local.remaining() }
      if (!redis) return callback(null, own)
      redis.countHit(`${app.config.REDIS_PREFIX}limit:${key}`, WINDOW_MS).then(
        ([current, ttl]) => callback(null, { current: Math.max(current, own.current), ttl }),
        () => callback(null, own),
      )
    }

    child() {
      return this
    }
  }
}
