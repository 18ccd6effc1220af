// app.liveFeed: change events as they happen, for open pages and other readers. The database is read once for all readers of a process.
import type { Readable } from 'node:stream'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { User } from '#sql/users.ts'
import { eventTypes } from '../events/types.ts'
import { channelOf } from './frames.ts'
import { createHandOut } from './hand-out.ts'
import type { StreamOptions } from './stream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    liveFeed: {
      /** What events can be about: their types without the action. */
      channels: readonly string[]
      /**
       * Opens a stream of server-sent events: what is new from now on, or since the event that the reader got last.
       * @throws tooManyStreams; unavailable while the process stops
       */
      open(options: LiveFeedOptions): Readable
      /** Responds with one that counts against the user who is logged in, and ends with that user's session and token. @throws the same */
      send(
        request: FastifyRequest,
        reply: FastifyReply,
        options: Omit<LiveFeedOptions, 'holder' | 'mayRead'>,
      ): FastifyReply
      /** The last event that has been handed out: later ones can be asked for by it. Undefined before the first stream of this process. */
      position(): number | undefined
    }
  }
}

export interface LiveFeedOptions extends StreamOptions {
  /** Only the events of this user. Undefined: those of all. */
  userId?: User['id'] | undefined
  /** The user whom the connection counts against. */
  holder: User['id']
  /** `Last-Event-ID`. */
  lastEventId?: string | undefined
  /** Asked twice a second and before each event: the stream ends when it is false. */
  mayRead(): boolean
}

/** How soon a stream notices that its reader may no longer read, and that the database is back (ms). */
const CHECK_MS = 500

/** Seconds. */
const RETRY_AFTER = 5

export default fp(
  async app => {
    const { LIVE_FEED_CONNECTIONS_MAX, LIVE_FEED_CONNECTIONS_PER_USER_MAX } = app.config
    const handOut = createHandOut(app)
    const held = new Map<User['id'], number>()
    let open = 0
    let refused = 0
    let isClosing = false

    function hold(holder: User['id'], change: 1 | -1): void {
      open += change
      const count = (held.get(holder) ?? 0) + change
      if (count === 0) held.delete(holder)
      else held.set(holder, count)
    }

    const channels = [...new Set(eventTypes(app.getSchemas()).map(({ name }) => channelOf(name)))]
    const liveFeed: (typeof app)['liveFeed'] = {
      channels,
      position: handOut.position,
      open({ userId, holder, ...options }) {
        if (isClosing) throw errors.unavailable({ retryAfter: RETRY_AFTER })
        const isOne = (held.get(holder) ?? 0) >= LIVE_FEED_CONNECTIONS_PER_USER_MAX
        if (isOne || open >= LIVE_FEED_CONNECTIONS_MAX) {
          refused++
          throw errors.tooManyStreams({ retryAfter: RETRY_AFTER })
        }
        hold(holder, 1)
        return handOut.open(userId, options, () => hold(holder, -1)).readable
      },
      send({ user }, reply, options) {
        const mayRead = () => app.revocations.mayRead(user)
        const events = liveFeed.open({ ...options, holder: user.user_id, mayRead })
        // Proxies must not hold back what belongs to a moment.
        return reply.header('x-accel-buffering', 'no').type('text/event-stream').send(events)
      },
    }
    app.decorate('liveFeed', liveFeed)

    const timer = setInterval(() => handOut.check(performance.now()), CHECK_MS).unref()
    app.addHook('preClose', done => {
      isClosing = true
      clearInterval(timer)
      handOut.close()
      done()
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_live_feed_connections',
      help: 'Open streams of change events',
      aggregator: 'sum',
      collect: () => open,
    })
    app.metrics.add({
      type: 'counter',
      name: 'holocron_live_feed_refused_total',
      help: 'Streams of change events that were refused because too many were open',
      collect: () => refused,
    })
  },
  { name: 'live-feed', dependencies: ['config', 'events', 'metrics', 'revocations'] },
)
