import type { Static } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { CardRevocations } from '#schemas/vaccination-certificates.ts'
import { listRevokedRids } from '#sql/health-cards.ts'
import { type Cached, cached } from '../../http/cached-responses/cached.ts'
import { type CachedResponse, cachedResponse } from '../../http/cached-responses/send.ts'

/** How long a revocation by another process takes to show here (ms). */
const TTL_MS = 30_000

/** How long verifiers and proxies may keep it. */
const CACHE_CONTROL = 'public, max-age=300'

export interface Revocations {
  /** Grows with each revocation, and never shrinks. */
  version: number
  /** The list for each key, whatever key a card was signed by: an id is never used again. */
  lists: ReadonlyMap<string, CachedResponse>
}

/** The revoked cards. While the database is away the last ones serve on: a verifier that gets none may take every card for good. */
export function revocations({ db }: Pick<FastifyInstance, 'db'>, kids: () => string[]): Cached<Revocations> {
  return cached(async () => {
    const rids = await listRevokedRids(db)
    return { version: rids.length, lists: new Map(kids().map(kid => [kid, listOf(kid, rids)])) }
  }, TTL_MS)
}

function listOf(kid: string, rids: string[]): CachedResponse {
  const list: Static<typeof CardRevocations> = { kid, method: 'rid', ctr: rids.length, rids }
  return cachedResponse(JSON.stringify(list), 'application/json; charset=utf-8', CACHE_CONTROL)
}
