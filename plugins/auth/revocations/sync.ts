import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { readClock } from '#sql/connection/clock.ts'
import { findNotBefore } from '#sql/global-revocations.ts'
import { changedSessions } from '#sql/session-changes.ts'
import { openChannel } from './channel.ts'
import { watchClock } from './clock.ts'
import type { RevocationMap } from './map.ts'
import { outageLog } from './outage-log.ts'
import { repeat } from './repeat.ts'

/** How long after writing `changed_at` a transaction may commit and still be seen by the next synchronization (ms). Later ones are seen by `readAllAgain`. */
const COMMIT_DELAY_MS = 10_000

/** After everything was read, the pause until it is read again is this many times as long: no more than 2 % of the time goes into it. */
const READ_ALL_PAUSE = 50

/** How long the start waits for the first synchronization (ms). After it, the process starts, and is not ready until that has completed. */
const START_WAIT_MS = 5000

/**
 * Keeps the map current: from the Redis channel within milliseconds, and from the database every few seconds, which is what makes it complete.
 * @param lifetime how long ago a session may have changed whose tokens have not all expired (ms)
 */
export function createSync(app: FastifyInstance, map: RevocationMap, lifetime: number) {
  const { REDIS_PREFIX, REVOCATION_MAX_STALENESS_SECONDS, REVOCATION_SYNC_SECONDS } = app.config
  const interval = REVOCATION_SYNC_SECONDS * 1000
  /** When the map was last known to be complete. It never was: so stale that every check fails. */
  let confirmedAt = -REVOCATION_MAX_STALENESS_SECONDS * 1000
  /** By the database's clock. */
  let syncedTo: number | undefined
  let latest = Promise.resolve()
  let readAllDue = Infinity
  /** The subscription during which the last synchronization began: it has missed no message since. */
  let unbroken: number | undefined
  const compareClocks = watchClock(app)
  const database = outageLog(app.log, 'revocation sync')
  const redis = outageLog(app.log, 'revocation channel')

  const channel = app.redis.holocron
    ? openChannel(app.redis.holocron, `${REDIS_PREFIX}revocations`, {
        revoked: map.raise,
        allRevoked: map.raiseNotBefore,
        subscribed: () => void database.watch(sync()),
        failed: redis.failed,
      })
    : undefined

  /** One at a time, in the order of the calls: each reads what was committed before it was called. */
  function sync(): Promise<void> {
    const result = latest.then(synchronize)
    latest = result.catch(() => {})
    return result
  }

  async function synchronize(): Promise<void> {
    const startedAt = performance.now()
    const subscription = channel?.subscription()
    const now = await readClock(app.db)
    compareClocks(now)
    map.raiseNotBefore((await findNotBefore(app.db)) / 1000)
    if (syncedTo === undefined) await readAll(now)
    // A clock that was set back must not hide what was written after it.
    else await read(Math.min(syncedTo, now) - COMMIT_DELAY_MS)
    syncedTo = now
    unbroken = subscription
    confirm(startedAt)
  }

  /** @param askedAt when the question was sent: an answer that waited while this process was frozen says nothing of what has changed since */
  function confirm(askedAt: number): void {
    confirmedAt = Math.max(confirmedAt, askedAt)
  }

  async function read(from: number): Promise<void> {
    for await (const page of changedSessions(app.db, from))
      for (const { id, generation, revoked_at } of page) map.raise(id, revoked_at === null ? generation : Infinity)
  }

  /** Reads everything that still matters. */
  async function readAll(now: number): Promise<void> {
    const startedAt = performance.now()
    await read(now - lifetime)
    const finishedAt = performance.now()
    readAllDue = finishedAt + (finishedAt - startedAt) * READ_ALL_PAUSE
  }

  /** A transaction may commit long after the times that it wrote, and no database says when it did: so everything is read again and again. */
  async function readAllAgain(): Promise<void> {
    // Not being due says nothing about the database.
    if (syncedTo !== undefined && performance.now() >= readAllDue) await database.watch(readAll(syncedTo))
  }

  /** A channel that was interrupted has missed messages: until the next synchronization it confirms nothing. */
  async function confirmChannel(): Promise<void> {
    const askedAt = performance.now()
    await channel?.confirm()
    const subscription = channel?.subscription()
    if (subscription !== undefined && subscription === unbroken) confirm(askedAt)
  }

  return {
    sync,
    /** Time since the map was last known to be complete (ms). */
    staleness: () => performance.now() - confirmedAt,
    /** @param graceMs what is left of the grace period of the previous generation */
    publish: (sessionIds: string[], minGeneration: number, graceMs: number) =>
      redis.watch(channel?.publish(sessionIds, minGeneration, graceMs)),
    /** @param notBefore seconds since 1970 */
    publishAll: (notBefore: number) => redis.watch(channel?.publishAll(notBefore)),
    /** Synchronizes once, then at intervals. Resolves to a function that stops it. */
    async start(): Promise<() => void> {
      // Not awaited to the end: after millions of revocations, the plugin would time out and the process never start.
      const first = sync()
      await Promise.race([first, pause(START_WAIT_MS, undefined, { ref: false })])
      void database.watch(first)
      // Loops of their own: a database that hangs must not keep us from confirming the channel, nor a long reading from reading what is new.
      const stops = [
        repeat(interval, () => database.watch(sync())),
        repeat(interval, readAllAgain),
        repeat(interval, () => redis.watch(confirmChannel())),
      ]
      return () => {
        for (const stop of stops) stop()
        channel?.close()
      }
    },
  }
}
