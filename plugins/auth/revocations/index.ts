// app.revocations: which sessions' tokens are revoked, answered from memory. The `sessions` table is the truth; Redis makes it fast, synchronization makes it complete.
import type { Readable } from 'node:stream'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { revokeAllSessions } from '#sql/global-revocations.ts'
import { createFeed } from './feed.ts'
import { createRevocationMap, type RevocationMap, type TokenClaims } from './map.ts'
import { createSync } from './sync.ts'

declare module 'fastify' {
  interface FastifyInstance {
    revocations: {
      /** Whether a token of these claims is revoked. One look-up in memory, no I/O. @throws unavailable if the map has been stale for too long */
      has(claims: TokenClaims): boolean
      /** Whether a stream that was opened with a token of these claims may go on: false as well once it expires, or while the map is stale. */
      mayRead(claims: TokenClaims & { exp: number }): boolean
      /** Revokes the session's tokens below this generation: here at once, elsewhere within milliseconds. `Infinity` revokes them all. */
      publish(sessionId: string, minGeneration: number): Promise<void>
      /**
       * The same after a plain rotation: access tokens of the generation before have ACCESS_GRACE_SECONDS left.
       * @param age how long ago the rotation was (ms)
       */
      publishRotation(sessionId: string, generation: number, age: number): Promise<void>
      /** Revokes all tokens of all these sessions, in messages of 10,000. */
      publishEnded(sessionIds: string[]): Promise<void>
      /**
       * Revokes every token of every session opened so far, in the database, here, and elsewhere within milliseconds.
       * @returns the time (ms since 1970) from which on sessions are valid, up to two seconds ahead
       */
      revokeAll(): Promise<number>
      /** Calls back once this process has ended sessions, with their ids; and once it has learned that all were ended, by whatever process. */
      onEnded(listener: EndedListener): void
      /** Reads the database now. */
      sync(): Promise<void>
      /** Time since the map was last known to be complete (ms). */
      staleness(): number
      /** Sessions in the map. */
      size(): number
      /**
       * Opens the feed: what is in the map, then each change, as server-sent events. It ends with the reader's token.
       * @param lastEventId `Last-Event-ID`: to continue where the reader was
       * @throws unavailable beyond REVOCATION_FEED_CONNECTIONS_MAX, and while the process stops
       */
      feed(reader: TokenClaims & { exp: number }, lastEventId: string | undefined): Readable
    }
  }
}

type EndedListener = (sessionIds: string[] | 'all') => void

/** Of those that end together, in one message: 370 kB. */
const MESSAGE_SESSIONS_MAX = 10_000

/** How far another machine's clock may be off, so that an access token lives longer than by ours (ms). */
const CLOCK_SKEW_MAX_MS = 120_000

export default fp(
  async app => {
    const {
      ACCESS_GRACE_SECONDS,
      ACCESS_TOKEN_TTL_SECONDS,
      REVOCATION_FEED_CONNECTIONS_MAX,
      REVOCATION_SYNC_SECONDS,
      REVOCATION_MAX_STALENESS_SECONDS,
    } = app.config
    const lifetime = ACCESS_TOKEN_TTL_SECONDS * 1000 + CLOCK_SKEW_MAX_MS
    const stalenessMax = REVOCATION_MAX_STALENESS_SECONDS * 1000
    const graceMs = ACCESS_GRACE_SECONDS * 1000
    const listeners: EndedListener[] = []
    const ended: EndedListener = ids => {
      for (const listener of listeners) listener(ids)
    }
    const revoked = createRevocationMap(graceMs, (entry, grace) => feed.raised(entry, grace))
    const map: RevocationMap = {
      ...revoked,
      raiseNotBefore(seconds) {
        const isNews = revoked.raiseNotBefore(seconds)
        if (isNews) {
          ended('all')
          feed.wake()
        }
        return isNews
      },
    }
    const { sync, staleness, publishAll, start, ...channel } = createSync(app, map, lifetime)

    const feed = createFeed({ ...revoked, staleness, tokenLifetime: ACCESS_TOKEN_TTL_SECONDS })
    let isClosing = false

    function mayRead(reader: TokenClaims & { exp: number }): boolean {
      return staleness() <= stalenessMax && !map.has(reader) && reader.exp * 1000 > Date.now()
    }

    async function publish(sessionIds: string[], minGeneration: number, grace = 0): Promise<void> {
      for (const id of sessionIds) map.raise(id, minGeneration, grace)
      if (sessionIds.length === 0) return
      if (minGeneration === Infinity) ended(sessionIds)
      for (let i = 0; i < sessionIds.length; i += MESSAGE_SESSIONS_MAX)
        await channel.publish(sessionIds.slice(i, i + MESSAGE_SESSIONS_MAX), minGeneration, grace)
    }

    const stop = await start()
    const rotation = setInterval(map.rotate, lifetime).unref()
    app.addHook('preClose', done => {
      isClosing = true
      feed.close()
      done()
    })
    app.addHook('onClose', () => {
      clearInterval(rotation)
      stop()
    })

    app.decorate('revocations', {
      has(claims) {
        // By the clock and not by a timer: after a pause of the process, queued requests may be served before timers run.
        if (staleness() > stalenessMax) throw errors.unavailable({ retryAfter: REVOCATION_SYNC_SECONDS })
        return map.has(claims)
      },
      mayRead,
      publish: (sessionId, minGeneration) => publish([sessionId], minGeneration),
      publishRotation: (sessionId, generation, age) => publish([sessionId], generation, Math.max(0, graceMs - age)),
      publishEnded: sessionIds => publish(sessionIds, Infinity),
      async revokeAll() {
        const notBefore = await revokeAllSessions(app.db)
        map.raiseNotBefore(notBefore / 1000)
        await publishAll(notBefore / 1000)
        return notBefore
      },
      onEnded: listener => void listeners.push(listener),
      sync,
      staleness,
      size: map.size,
      feed(reader, lastEventId) {
        const isFull = feed.readers() >= REVOCATION_FEED_CONNECTIONS_MAX
        if (isFull || isClosing) throw errors.unavailable({ retryAfter: REVOCATION_SYNC_SECONDS })
        return feed.open(lastEventId, () => mayRead(reader))
      },
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_revocation_staleness_seconds',
      help: 'Time since revocations were last synchronized',
      aggregator: 'max',
      collect: () => app.revocations.staleness() / 1000,
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_revocation_entries',
      help: 'Sessions with revoked tokens in memory',
      aggregator: 'max',
      collect: map.size,
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_revocation_feed_readers',
      help: 'Services that follow the revocation feed',
      aggregator: 'sum',
      collect: feed.readers,
    })
    app.health.add('revocations', {
      whenDown: 'unavailable',
      check: () => (app.revocations.staleness() < stalenessMax ? 'up' : 'down'),
    })
  },
  { name: 'revocations', dependencies: ['config', 'db', 'health', 'metrics', 'redis'] },
)
