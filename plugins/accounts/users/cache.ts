import { LRUCache } from 'lru-cache'
import type { User } from '#schemas/users.ts'
import type { User as UserRow } from '#sql/users.ts'

/** `fill` stores nothing if `invalidate` came after `read`: a slow reader must not put back the old state. */
export interface Cache {
  read(id: UserRow['id']): Promise<{ user: User | undefined; version: string }>
  fill(id: UserRow['id'], user: User, version: string): Promise<void>
  invalidate(id: UserRow['id']): Promise<void>
}

/** How long an outdated user can be returned at most, after a lost invalidation or a change by hand. */
export const CACHE_TTL_MS = 60_000

export const NO_CACHE: Cache = {
  read: async () => ({ user: undefined, version: '' }),
  fill: async () => {},
  invalidate: async () => {},
}

export function processCache(): Cache {
  const users = new LRUCache<UserRow['id'], User>({ max: 10_000, ttl: CACHE_TTL_MS })
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
