// app.users: users as the API returns them, from a cache that every change invalidates before it is acknowledged.
import type { Static } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { User, Users, UsersQuery } from '#schemas/users.ts'
import { findUser, listEmails, type User as UserRow } from '#sql/users.ts'
import { type Cache, NO_CACHE, processCache } from './cache.ts'
import { lister } from './list.ts'
import { redisCache } from './redis-cache.ts'
import { serialize } from './serialize.ts'

declare module 'fastify' {
  interface FastifyInstance {
    users: {
      /** @throws userNotFound */
      get(id: UserRow['id']): Promise<User>
      /** The e-mail addresses of users, by their ids; of those who are gone there is none. */
      emailsOf(ids: (UserRow['id'] | null)[]): Promise<Map<UserRow['id'], string>>
      /** Call it after a change is committed and before it is acknowledged: no later read returns the old state. */
      invalidate(id: UserRow['id']): Promise<void>
      serialize(row: UserRow): User
      /** A page of users: in the order in which they signed up, or by address if `email` is given. @throws requestInvalid for an unknown cursor */
      list(query: UsersQuery): Promise<Static<typeof Users>>
    }
  }
}

export default fp(
  async app => {
    const cache = cacheOf(app)
    const toUser = (row: UserRow) => serialize(row, app.config.PUBLIC_URL)

    async function get(id: UserRow['id']): Promise<User> {
      const { user, version } = await cache.read(id)
      if (user) return user
      const row = await findUser(app.db, id)
      if (!row) throw errors.userNotFound()
      const fresh = toUser(row)
      await cache.fill(id, fresh, version)
      return fresh
    }

    async function emailsOf(ids: (UserRow['id'] | null)[]) {
      const known = new Set(ids.filter(id => id !== null))
      const users = known.size > 0 ? await listEmails(app.db, [...known]) : []
      return new Map(users.map(({ id, email }) => [id, email]))
    }

    app.decorate('users', { get, emailsOf, invalidate: cache.invalidate, serialize: toUser, list: lister(app) })
  },
  { name: 'users', dependencies: ['config', 'db', 'pagination', 'redis'] },
)

/** Processes that share a database need Redis to tell each other: without it nothing is cached. */
function cacheOf({ redis, mysql, config }: FastifyInstance): Cache {
  if (redis.holocron) return redisCache(redis.holocron, `${config.REDIS_PREFIX}user:`)
  return mysql ? NO_CACHE : processCache()
}
