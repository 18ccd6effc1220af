/** One scrape for all workers: the worker that is scraped asks all of them through the primary, and adds up what they reply. */
import cluster from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import { AggregatorRegistry, type Registry } from 'prom-client'

type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** `request` goes from the scraped worker to the primary, `collect` from there to all workers, `response` from each of them back the same way. */
interface Message {
  kind: 'metrics-request' | 'metrics-collect' | 'metrics-response'
  requestId: number
  /** The id of the worker that was scraped. */
  requester?: number
  /** The number of workers that were asked. */
  workers?: number
  metrics?: Metrics
}

/** A worker that does not reply in time (it may be starting, or have crashed) is left out. */
const REPLY_TIMEOUT_MS = 1000

/** The primary's part. */
export function relayMetrics(): void {
  cluster.on('message', (from, message: Message) => {
    const connected = Object.values(cluster.workers ?? {}).filter(worker => worker?.isConnected())
    if (message.kind === 'metrics-request')
      for (const worker of connected)
        worker?.send({ ...message, kind: 'metrics-collect', requester: from.id, workers: connected.length })
    if (message.kind === 'metrics-response') connected.find(worker => worker?.id === message.requester)?.send(message)
  })
}

/** A worker's part. Returns the metrics of all workers; in a process that is no worker, its own. */
export function collectFromWorkers(own: Registry, log: FastifyBaseLogger): () => Promise<Registry> {
  if (!cluster.isWorker) return async () => own
  const pending = new Map<number, (response: Message) => void>()
  let lastId = 0
  process.on('message', (message: Message) => {
    if (message.kind === 'metrics-response') pending.get(message.requestId)?.(message)
    if (message.kind === 'metrics-collect') void respond(message)
  })

  /** Responds in any case: the worker that is scraped waits for it. */
  async function respond(message: Message): Promise<void> {
    const metrics = await own.getMetricsAsJSON().catch((err): Metrics => {
      log.warn({ err }, 'metrics cannot be collected')
      return []
    })
    process.send?.({ ...message, kind: 'metrics-response', metrics } satisfies Message)
  }

  return async () => {
    const requestId = ++lastId
    const all = await new Promise<Metrics[]>(resolve => {
      const received: Metrics[] = []
      const timeout = setTimeout(resolve, REPLY_TIMEOUT_MS, received)
      pending.set(requestId, ({ metrics = [], workers }) => {
        if (received.push(metrics) !== workers) return
        clearTimeout(timeout)
        resolve(received)
      })
      process.send?.({ kind: 'metrics-request', requestId } satisfies Message)
    })
    pending.delete(requestId)
    return AggregatorRegistry.aggregate(all)
  }
}
