// app.changeEvents: what has changed, for whoever wants to follow it. Changes write it in their transactions; kept for CHANGE_EVENTS_KEPT_DAYS.
import { AsyncLocalStorage } from 'node:async_hooks'
import fp from 'fastify-plugin'
import { listChangeEvents, listNewestChangeEvents } from '#sql/change-events.ts'
import { countUnread, expireChangeEvents, expiredPosition, oldestUnread, readHead } from '#sql/change-positions.ts'
import { onChanges } from '#sql/connection/changes.ts'
import { DAY_MS } from '#sql/expired-rows.ts'
import type { User } from '#sql/users.ts'
import { openChannel } from './channel.ts'
import { type ConsumerOptions, startConsumer } from './consumer.ts'
import { type ChangeEventEntry, serialize } from './serialize.ts'
import { createStamper } from './stamper.ts'
import { eventTypes } from './types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    changeEvents: {
      /**
       * A page of the events after a position, in order. @param userId only those of this user
       * Positions grow, with gaps. Those of one subject come in the order of its changes.
       */
      after(position: number, limit: number, userId?: User['id']): Promise<ChangeEventEntry[]>
      /** The newest of all, newest first. */
      newest(limit: number): Promise<ChangeEventEntry[]>
      /** The last position: what is committed before the call is at or before it. */
      head(): Promise<number>
      /** Whether all that came after this position is still kept. False also for one that was never given. */
      isKept(position: number): Promise<boolean>
      /** Calls the listener soon after events have been committed, by whichever process. @returns ends that */
      onNew(listener: (position: number) => void): () => void
      /**
       * Hands all events to a consumer from now on, in order and at least once, by one process at a time. A new one begins with the next event; one that is known
       * goes on where it stopped. Nothing starts in a command.
       * @returns ends it; it ends with the application anyway
       */
      consume(options: ConsumerOptions): () => Promise<void>
      /** How many events a consumer has yet to take over; at most 100,000. */
      countUnread(name: string): Promise<number>
      /** For how long the oldest of them has waited (ms); 0 if none does. */
      delay(name: string): Promise<number>
    }
  }
}

/** How often the database is asked, while somebody listens and while nobody does (ms). */
const POLL_MS = 1_000
const POLL_IDLE_MS = 10_000

/** Counting more would take the database more than a moment. */
const COUNTED_MAX = 100_000

/** Events in a transaction of the clean-up. */
const EXPIRED_AT_ONCE = 500

export default fp(
  async app => {
    const { config, db, log } = app
    const listeners = new Set<(position: number) => void>()
    const channel = openChannel(app.redis.holocron, `${config.REDIS_PREFIX}changes`)
    let isFailing = false
    const stamper = createStamper(
      db,
      position => {
        isFailing = false
        for (const listener of listeners) listener(position)
      },
      err => {
        if (!isFailing) log.warn({ err }, 'change events unavailable, retrying')
        isFailing = true
      },
    )

    app.openapi.tag({ name: 'events', description: 'What has changed, as it happens' })
    app.openapi.webhooks(eventTypes(app.getSchemas()))
    app.cleanUp.add({
      name: 'change_events',
      run: () => expireChangeEvents(db, Date.now() - config.CHANGE_EVENTS_KEPT_DAYS * DAY_MS, EXPIRED_AT_ONCE),
    })

    const outside = AsyncLocalStorage.snapshot()
    const stopNotes = onChanges(db, () => {
      // Not within the request that made the change, whose trace may be over before.
      if (listeners.size > 0) outside(stamper.wake)
      channel.publish()
    })
    let polledAt = 0
    // Also while nobody listens, or whoever comes first would have to wait for the stamps of days.
    const timer = setInterval(() => {
      const now = performance.now()
      if (!app.worksInBackground || (listeners.size === 0 && now - polledAt < POLL_IDLE_MS)) return
      polledAt = now
      stamper.wake()
    }, POLL_MS).unref()

    const consumers = new Set<() => Promise<void>>()
    app.addHook('preClose', async () => {
      clearInterval(timer)
      await Promise.all([...consumers].map(stop => stop()))
    })
    app.addHook('onClose', async () => {
      stopNotes()
      channel.close()
      await stamper.idle()
    })

    const changeEvents: (typeof app)['changeEvents'] = {
      async after(position, limit, userId) {
        const rows = await listChangeEvents(db, position, limit, userId)
        return rows.map(row => serialize(row, config.PUBLIC_URL))
      },
      async newest(limit) {
        await stamper.stamp()
        return (await listNewestChangeEvents(db, limit)).map(row => serialize(row, config.PUBLIC_URL))
      },
      head: stamper.stamp,
      async isKept(position) {
        const head = await readHead(db)
        return position <= head.position && position >= (await expiredPosition(db))
      },
      onNew(listener) {
        listeners.add(listener)
        channel.subscribe(() => listeners.size > 0 && stamper.wake())
        return () => void listeners.delete(listener)
      },
      consume(options) {
        if (!app.worksInBackground) return async () => {}
        // Not within the request that begins it, whose trace would never end.
        const stop = outside(() => startConsumer({ db, log, ...changeEvents }, options))
        consumers.add(stop)
        return async () => {
          consumers.delete(stop)
          await stop()
        }
      },
      async countUnread(name) {
        await stamper.stamp()
        return countUnread(db, name, COUNTED_MAX)
      },
      async delay(name) {
        const oldest = await oldestUnread(db, name)
        return oldest === undefined ? 0 : Math.max(0, Date.now() - oldest)
      },
    }
    app.decorate('changeEvents', changeEvents)
  },
  { name: 'events', dependencies: ['clean-up', 'config', 'db', 'openapi', 'redis', 'validation'] },
)
