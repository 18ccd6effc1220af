/** One connection to RabbitMQ, from its login to its end. */
import { type ConfirmChannel, connect } from 'amqplib'
import type { AmqpAddress } from '../../config/amqp-url.ts'

export interface Session {
  /** Publishes with confirms. */
  channel: ConfirmChannel
  /** Resolves to the reason when either of connection and channel is lost or closed; never rejects. */
  ended: Promise<Error>
  /** Asks the broker to close it; `ended` tells when that is done. */
  close(): void
}

export interface SessionEvents {
  /** RabbitMQ is short of memory or disk, and reads nothing of ours until `unblocked`. */
  blocked(reason: string): void
  unblocked(): void
  /** No queue is bound for a message of this routing key. */
  unroutable(routingKey: string): void
}

/** A broker that hangs is noticed within three of these (s). */
const HEARTBEAT_SECONDS = 10
/** For connecting, TLS and the login (ms). */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Connects, and declares the exchange.
 * @param signal destroys the connection
 * @throws what prevents it, without the password
 */
export async function openSession(
  { vhost, ...address }: AmqpAddress,
  exchange: string,
  events: SessionEvents,
  signal: AbortSignal,
): Promise<Session> {
  const model = await connect(
    // It decodes this one itself.
    { ...address, vhost: encodeURIComponent(vhost), heartbeat: HEARTBEAT_SECONDS },
    {
      timeout: CONNECT_TIMEOUT_MS,
      noDelay: true,
      clientProperties: { connection_name: 'holocron' },
      // Its types forget that of `net.connect`.
      ...{ signal },
    },
  )
  const ended = Promise.withResolvers<Error>()
  const close = () => void model.close().catch(() => {})
  model.on('error', ended.resolve)
  model.on('close', error => ended.resolve(error ?? new Error('connection closed')))
  model.on('blocked', events.blocked)
  model.on('unblocked', events.unblocked)
  // Without its channel the connection is of no use.
  void ended.promise.then(close)
  try {
    const channel = await model.createConfirmChannel()
    channel.on('error', ended.resolve)
    channel.on('close', () => ended.resolve(new Error('channel closed')))
    channel.on('return', ({ fields }) => events.unroutable(fields.routingKey))
    await channel.assertExchange(exchange, 'topic', { durable: true })
    return { channel, ended: ended.promise, close }
  } catch (error) {
    close()
    throw error
  }
}
