import type { Redis, Result } from 'ioredis'
import { FIRST_LOCK_MS, MAX_LOCK_MS, RESET_AFTER_MS } from './policy.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeAttempt(key: string, max: number, firstLock: number, maxLock: number, ttl: number): Result<number, Context>
    refundAttempt(key: string): Result<null, Context>
    giveBackAttempt(key: string): Result<null, Context>
  }
}

/** The memory counter's `take`, in one step for all processes. */
const TAKE = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local locked = tonumber(redis.call('HGET', KEYS[1], 'lockedUntil') or '0')
if locked > now then return locked - now end
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
local excess = attempts - tonumber(ARGV[1])
if excess > 0 then
  local lock = math.min(tonumber(ARGV[2]) * 2 ^ (excess - 1), tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'lockedUntil', now + lock)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0`

const REFUND = `if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'attempts', -1)
  redis.call('HDEL', KEYS[1], 'lockedUntil')
end`

const GIVE_BACK = `if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'attempts', -1) end`

/** Counts the attempts of all processes together. Rejects while Redis is down. */
export function createRedisCounter(redis: Redis) {
  redis.defineCommand('takeAttempt', { numberOfKeys: 1, lua: TAKE })
  redis.defineCommand('refundAttempt', { numberOfKeys: 1, lua: REFUND })
  redis.defineCommand('giveBackAttempt', { numberOfKeys: 1, lua: GIVE_BACK })
  return {
    take: (key: string, max: number) => redis.takeAttempt(key, max, FIRST_LOCK_MS, MAX_LOCK_MS, RESET_AFTER_MS),
    refund: async (key: string) => void (await redis.refundAttempt(key)),
    giveBack: async (key: string) => void (await redis.giveBackAttempt(key)),
    reset: async (key: string) => void (await redis.del(key)),
  }
}
