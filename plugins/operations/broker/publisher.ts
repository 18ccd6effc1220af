/** Publishes change events to RabbitMQ, and waits until it has taken them over. */
import type { ConfirmChannel } from 'amqplib'
import type { FastifyBaseLogger } from 'fastify'
import type { ChangeEvent } from '#schemas/change-event.ts'
import { parseAmqpUrl } from '../../config/amqp-url.ts'
import type { ChangeEventEntry } from '../events/serialize.ts'
import { inBatches } from './batches.ts'
import { keepConnection } from './connection.ts'

export interface Publisher {
  /**
   * Resolves once the broker has taken over all of them; waits for it for as long as it is away.
   * @throws if the connection is lost meanwhile, the broker refuses one, or the signal aborts: then some may have arrived
   */
  publish(entries: ChangeEventEntry[], signal: AbortSignal): Promise<void>
  isFailing(): boolean
  /** Events taken over by the broker, and those among them that no queue was bound for. */
  counts(): { labels: { outcome: string }; value: number }[]
  close(): Promise<void>
}

/** Between two lines that say that messages reach no queue. */
const UNROUTABLE_LOG_MS = 3_600_000

export function createPublisher(url: string, exchange: string, log: FastifyBaseLogger): Publisher {
  const counts = { published: 0, unroutable: 0 }
  let loggedAt = Number.NEGATIVE_INFINITY
  const connection = keepConnection(parseAmqpUrl(url), exchange, unroutable, log)

  function unroutable(routingKey: string): void {
    counts.unroutable++
    if (performance.now() - loggedAt < UNROUTABLE_LOG_MS) return
    loggedAt = performance.now()
    log.warn({ exchange, routingKey }, 'change event without a queue: none is bound to the exchange for it')
  }

  async function publishAll(entries: ChangeEventEntry[], signal: AbortSignal): Promise<void> {
    const { channel } = await connection.session()
    for (const batch of inBatches(entries.map(({ event }) => event))) {
      signal.throwIfAborted()
      await Promise.all(batch.map(event => confirmed(channel, exchange, event)))
      counts.published += batch.length
    }
  }

  return {
    publish: (entries, signal) => unlessAborted(publishAll(entries, signal), signal),
    isFailing: connection.isFailing,
    counts: () => Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
    close: connection.close,
  }
}

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md (structured mode) */
function confirmed(channel: ConfirmChannel, exchange: string, event: ChangeEvent): Promise<void> {
  const content = Buffer.from(JSON.stringify(event))
  const properties = {
    contentType: 'application/cloudevents+json',
    messageId: event.id,
    type: event.type,
    timestamp: Math.floor(Date.parse(event.time) / 1000),
    appId: 'holocron',
    persistent: true,
    mandatory: true,
  }
  return new Promise((resolve, reject) => {
    channel.publish(exchange, event.type, content, properties, error => (error ? reject(error) : resolve()))
  })
}

/** @throws the signal's reason as soon as it aborts */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
