// app.revocations: which sessions' tokens are dead, answered from memory. The truth is the `sessions` table; Redis tells it quickly, a sync makes it sure.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { changedSessions } from '#sql/session-changes.ts'
import { openChannel } from './channel.ts'
import { createMemory } from './memory.ts'

declare module 'fastify' {
  interface FastifyInstance {
    revocations: {
      /** Is a token of this session and generation dead? One map look-up, no I/O. @throws unavailable where there was no news for too long */
      has(sessionId: string, generation: number): boolean
      /** Tokens of the session below this generation are dead: from now on here, within milliseconds elsewhere. `Infinity` kills them all. */
      publish(sessionId: string, lowestGood: number): Promise<void>
      /** Reads the database now. */
      sync(): Promise<void>
      /** Since the last news from Redis or the database (ms). */
      staleness(): number
      /** Sessions remembered. */
      size(): number
    }
  }
}

/** A transaction may commit so long after the time it wrote into `changed_at` (ms). */
const OVERLAP = 10_000
/** Another machine's clock may be so far off that an access token lives on a little longer than we think (ms). */
const LEEWAY = 120_000

export default fp(
  async app => {
    const { ACCESS_TOKEN_TTL_SECONDS, REVOCATION_SYNC_SECONDS, REVOCATION_MAX_STALENESS_SECONDS } = app.config
    const memory = createMemory()
    const lifetime = ACCESS_TOKEN_TTL_SECONDS * 1000 + LEEWAY
    const patience = REVOCATION_MAX_STALENESS_SECONDS * 1000
    let heardAt = performance.now()
    let syncedTo: number | undefined
    /** The channel's subscription in which the last sync began: whatever was told since then was heard. */
    let unbroken: number | undefined

    const channel = app.redis.holocron
      ? openChannel(app.redis.holocron, `${app.config.REDIS_PREFIX}revocations`, {
          note: memory.note,
          subscribed: () => void sync().catch(trouble),
          trouble,
        })
      : undefined

    async function sync(): Promise<void> {
      const subscription = channel?.subscription()
      const { now, sessions } = await changedSessions(
        app.db,
        syncedTo === undefined ? { within: lifetime } : { since: syncedTo, overlap: OVERLAP },
      )
      for (const { id, generation, revoked_at } of sessions)
        memory.note(id, revoked_at === null ? generation : Infinity)
      syncedTo = now
      unbroken = subscription
      heardAt = performance.now()
    }

    /** A channel that was interrupted has missed what only the database knows: it is no news until the next sync. */
    async function ask(): Promise<void> {
      await channel?.ask()
      const subscription = channel?.subscription()
      if (subscription !== undefined && subscription === unbroken) heardAt = performance.now()
    }

    function trouble(error: unknown): void {
      app.log.warn({ error: (error as Error).message }, 'revocations: no news')
    }

    await sync()
    const interval = REVOCATION_SYNC_SECONDS * 1000
    const stops = [
      repeat(interval, () => sync().catch(trouble)),
      // A loop of its own: a database that hangs must not keep us from hearing Redis.
      repeat(interval, () => ask().catch(trouble)),
    ]
    const ageing = setInterval(memory.age, lifetime).unref()
    app.addHook('onClose', () => {
      for (const stop of stops) stop()
      clearInterval(ageing)
      channel?.close()
    })

    app.decorate('revocations', {
      has(sessionId, generation) {
        // By the clock, not by a timer: after a standstill what has queued up may be served before timers run.
        if (performance.now() - heardAt > patience) throw errors.unavailable({ retryAfter: REVOCATION_SYNC_SECONDS })
        return memory.lowestGood(sessionId) > generation
      },
      async publish(sessionId, lowestGood) {
        memory.note(sessionId, lowestGood)
        await channel?.publish(sessionId, lowestGood).catch(trouble)
      },
      sync,
      staleness: () => performance.now() - heardAt,
      size: memory.size,
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_revocation_staleness_seconds',
      help: 'Time since revocations were last heard of',
      aggregator: 'max',
      collect: () => app.revocations.staleness() / 1000,
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_revocation_entries',
      help: 'Sessions whose earlier tokens are known to be revoked',
      aggregator: 'max',
      collect: memory.size,
    })
    app.health.add('revocations', {
      whenDown: 'unavailable',
      check: () => (app.revocations.staleness() < patience ? 'up' : 'down'),
    })
  },
  { name: 'revocations', dependencies: ['config', 'db', 'health', 'metrics', 'redis'] },
)

/** Runs `work` every so many milliseconds, unless it still runs. Answers what ends it. */
function repeat(milliseconds: number, work: () => Promise<void>): () => void {
  let running = false
  const timer = setInterval(async () => {
    if (running) return
    running = true
    await work()
    running = false
  }, milliseconds).unref()
  return () => clearInterval(timer)
}
