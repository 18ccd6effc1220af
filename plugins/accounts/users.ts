// app.users: users as they are shown, each read once and then answered from a cache that every change voids before it is acknowledged.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Redis, Result } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { errors } from '#schemas/errors.ts'
import type { User } from '#schemas/users.ts'
import { findUser, type User as UserRow } from '#sql/users.ts'

declare module 'fastify' {
  interface FastifyInstance {
    users: {
      /** @throws userNotFound */
      get(id: number): Promise<User>
      /** To be called after a change is committed and before it is acknowledged: nobody reads the old state afterwards. */
      invalidate(id: number): Promise<void>
      /** A row as it is shown. */
      shown(row: UserRow): User
    }
  }
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    fillUser(key: string, version: string, user: string, ttl: number): Result<null, Context>
    invalidateUser(key: string, version: string, ttl: number): Result<null, Context>
  }
}

/** What a cache does. `fill` stores nothing where `invalidate` came after `begin`: a slow reader must not put back what was voided. */
interface Cache {
  read(id: number): Promise<{ user: User | undefined; version: string }>
  fill(id: number, user: User, version: string): Promise<void>
  invalidate(id: number): Promise<void>
}

export default fp(
  async app => {
    const cache = cacheOf(app)

    async function get(id: number): Promise<User> {
      const { user, version } = await cache.read(id)
      if (user) return user
      const row = await findUser(app.db, id)
      if (!row) throw errors.userNotFound()
      const fresh = shown(row)
      await cache.fill(id, fresh, version)
      return fresh
    }

    app.decorate('users', { get, invalidate: cache.invalidate, shown })
  },
  { name: 'users', dependencies: ['config', 'db', 'redis'] },
)

function shown(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    access_role: row.access_role,
    email_verified: row.email_verified === 1,
    disabled: row.disabled === 1,
    created: new Date(row.created_at).toISOString(),
    first_name: row.first_name,
    last_name: row.last_name,
    phone_number: row.phone_number,
    address: row.address,
    national_id: row.national_id,
    mfa_enabled: row.mfa_enabled === 1,
    avatar_url: row.avatar_url,
  }
}

/** Several processes on one database need Redis to tell each other: without it, nothing is kept. */
function cacheOf({ redis, mysql, config }: FastifyInstance): Cache {
  if (redis.holocron) return redisCache(redis.holocron, `${config.REDIS_PREFIX}user:`)
  return mysql ? NO_CACHE : processCache()
}

const NO_CACHE: Cache = {
  read: async () => ({ user: undefined, version: '' }),
  fill: async () => {},
  invalidate: async () => {},
}

/** A voided entry stays voided for longer than any reader takes between `read` and `fill` (ms). */
const VOID = 60_000
/** What a lost voiding, or a change by hand, can cost at most: so long a user is shown as they were (ms). */
const LIFE = 60_000

function processCache(): Cache {
  const users = new LRUCache<number, User>({ max: 10_000, ttl: LIFE })
  let version = 0
  return {
    read: async id => ({ user: users.get(id), version: String(version) }),
    async fill(id, user, seen) {
      if (seen === String(version)) users.set(id, user)
    },
    async invalidate(id) {
      version++
      users.delete(id)
    },
  }
}

/** One key a user, a hash of a version and what is shown. Voiding gives it another version and takes the rest away. */
const FILL = `if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'user', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])`
const INVALIDATE = `redis.call('HDEL', KEYS[1], 'user')
redis.call('HSET', KEYS[1], 'version', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`

/** Where Redis is away, users come from the database; voidings that did not get through are tried again until they do. */
function redisCache(redis: Redis, prefix: string): Cache {
  const owed = new Set<number>()
  redis.defineCommand('fillUser', { numberOfKeys: 1, lua: FILL })
  redis.defineCommand('invalidateUser', { numberOfKeys: 1, lua: INVALIDATE })

  async function invalidate(id: number): Promise<void> {
    owed.add(id)
    await redis.invalidateUser(prefix + id, crypto.randomUUID(), VOID).then(
      () => owed.delete(id),
      () => {},
    )
  }

  redis.on('ready', () => {
    for (const id of owed) void invalidate(id)
  })

  return {
    async read(id) {
      if (owed.has(id)) return { user: undefined, version: 'unknown' }
      const [version, user] = await redis.hmget(prefix + id, 'version', 'user').catch(() => ['unknown', null])
      return { user: user ? (JSON.parse(user) as User) : undefined, version: version ?? '' }
    },
    async fill(id, user, version) {
      await redis.fillUser(prefix + id, version, JSON.stringify(user), LIFE).catch(() => {})
    },
    invalidate,
  }
}
