import type { FastifyInstance } from 'fastify'
import { createExport } from './export.ts'
import { traceRedis } from './redis.ts'
import { traceRequests } from './requests.ts'
import { createSpans } from './spans.ts'
import { createTraces, type Traces } from './traces.ts'

/** What ended spans get when the process stops (ms): of the seconds that all of it has. */
const CLOSE_TIMEOUT_MS = 1000

export async function start(app: FastifyInstance, endpoint: string): Promise<Traces> {
  const { provider, counts } = createExport(app.config, endpoint, app.log)
  const spans = createSpans(provider.getTracer('holocron'))
  const stopRedis = traceRedis(spans)
  traceRequests(app, spans)
  app.metrics.add({
    type: 'counter',
    name: 'holocron_spans_total',
    help: 'Spans of traces sent to the collector (sent), not sent because too many waited (dropped), and lost on the way (failed)',
    labelNames: ['outcome'],
    collect: () => Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
  })
  app.addHook('onClose', async () => {
    stopRedis()
    const timeout = Promise.withResolvers<void>()
    const timer = setTimeout(timeout.resolve, CLOSE_TIMEOUT_MS)
    await Promise.race([provider.shutdown().catch(() => {}), timeout.promise])
    clearTimeout(timer)
  })
  return createTraces(spans, app.config.DATABASE_URL.startsWith('sqlite:') ? 'sqlite' : 'mysql')
}
