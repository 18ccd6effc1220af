import type { FastifyInstance } from 'fastify'
import { changedSessions } from '#sql/session-changes.ts'
import { openChannel } from './channel.ts'
import type { RevocationMap } from './map.ts'
import { repeat } from './repeat.ts'

/** How long after writing `changed_at` a transaction may still commit (ms). */
const COMMIT_DELAY_MAX_MS = 10_000

/**
 * Keeps the map current: from the Redis channel within milliseconds, and from the database every few seconds, which is what makes it complete.
 * @param lifetime how far back the first synchronization reads (ms)
 */
export function createSync(app: FastifyInstance, map: RevocationMap, lifetime: number) {
  const { REDIS_PREFIX, REVOCATION_SYNC_SECONDS } = app.config
  const interval = REVOCATION_SYNC_SECONDS * 1000
  /** When the map was last known to be complete. */
  let confirmedAt = performance.now()
  let syncedTo: number | undefined
  /** The subscription during which the last synchronization began: it has missed no message since. */
  let unbroken: number | undefined

  const channel = app.redis.holocron
    ? openChannel(app.redis.holocron, `${REDIS_PREFIX}revocations`, {
        revoked: map.raise,
        subscribed: () => void sync().catch(logFailure),
        failed: logFailure,
      })
    : undefined

  async function sync(): Promise<void> {
    const subscription = channel?.subscription()
    const { now, sessions } = await changedSessions(
      app.db,
      syncedTo === undefined ? { within: lifetime } : { since: syncedTo, overlap: COMMIT_DELAY_MAX_MS },
    )
    for (const { id, generation, revoked_at } of sessions) map.raise(id, revoked_at === null ? generation : Infinity)
    syncedTo = now
    unbroken = subscription
    confirmedAt = performance.now()
  }

  /** A channel that was interrupted has missed messages: until the next synchronization it confirms nothing. */
  async function confirmChannel(): Promise<void> {
    await channel?.confirm()
    const subscription = channel?.subscription()
    if (subscription !== undefined && subscription === unbroken) confirmedAt = performance.now()
  }

  function logFailure(error: unknown): void {
    app.log.warn({ error: (error as Error).message }, 'revocation sync failed')
  }

  return {
    sync,
    /** Time since the map was last known to be complete (ms). */
    staleness: () => performance.now() - confirmedAt,
    async publish(sessionId: string, minGeneration: number): Promise<void> {
      await channel?.publish(sessionId, minGeneration).catch(logFailure)
    },
    /** Synchronizes once, then at intervals. Resolves to a function that stops it. */
    async start(): Promise<() => void> {
      await sync()
      const stops = [
        repeat(interval, () => sync().catch(logFailure)),
        // A loop of its own: a database that hangs must not keep us from confirming the channel.
        repeat(interval, () => confirmChannel().catch(logFailure)),
      ]
      return () => {
        for (const stop of stops) stop()
        channel?.close()
      }
    },
  }
}
