import type { Redis, Result } from 'ioredis'
import type { User } from '#schemas/users.ts'
import type { User as UserRow } from '#sql/users.ts'
import { CACHE_TTL_MS, type Cache } from './cache.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    fillUser(key: string, version: string, user: string, ttl: number): Result<null, Context>
    invalidateUser(key: string, version: string, ttl: number): Result<null, Context>
  }
}

/** How long an invalidation is remembered: longer than any reader takes between `read` and `fill`. */
const INVALIDATION_TTL_MS = 60_000

/** One key per user: a hash of a version and the user as JSON. An invalidation sets a new version and deletes the user. */
const FILL = `if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'user', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])`
const INVALIDATE = `redis.call('HDEL', KEYS[1], 'user')
redis.call('HSET', KEYS[1], 'version', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`

/** While Redis is down users come from the database, and invalidations that failed are retried once it is back. */
export function redisCache(redis: Redis, prefix: string): Cache {
  const failed = new Set<UserRow['id']>()
  redis.defineCommand('fillUser', { numberOfKeys: 1, lua: FILL })
  redis.defineCommand('invalidateUser', { numberOfKeys: 1, lua: INVALIDATE })

  async function invalidate(id: UserRow['id']): Promise<void> {
    failed.add(id)
    await redis.invalidateUser(prefix + id, crypto.randomUUID(), INVALIDATION_TTL_MS).then(
      () => failed.delete(id),
      () => {},
    )
  }

  redis.on('ready', () => {
    for (const id of failed) void invalidate(id)
  })

  return {
    async read(id) {
      if (failed.has(id)) return { user: undefined, version: 'unknown' }
      const [version, user] = await redis.hmget(prefix + id, 'version', 'user').catch(() => ['unknown', null])
      return { user: user ? (JSON.parse(user) as User) : undefined, version: version ?? '' }
    },
    async fill(id, user, version) {
      await redis.fillUser(prefix + id, version, JSON.stringify(user), CACHE_TTL_MS).catch(() => {})
    },
    invalidate,
  }
}
