/** The metrics that are computed at a scrape: those of the process itself, and those that plugins and routes add. */
import type { FastifyBaseLogger } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, type Metric as PromMetric, Registry } from 'prom-client'
import { collectFromWorkers } from './workers.ts'

/** A metric as its owner describes it. */
export interface Metric {
  type: 'gauge' | 'counter'
  /** `holocron_…`, with the unit; a counter ends in `_total`. @see https://prometheus.io/docs/practices/naming/ */
  name: string
  help: string
  /** How the values of several workers become one; `sum` unless given. */
  aggregator?: 'sum' | 'max' | 'average'
  /** Labels that tell samples apart; they must not come from a caller. */
  labelNames?: string[]
  /** Reads the value at a scrape; `undefined` or an error leaves the last one. A counter's is its total so far. */
  collect(): Measured | Promise<Measured>
}

type Measured = number | Sample[] | undefined

interface Sample {
  labels: Record<string, string>
  value: number
}

export interface MetricsRegistry {
  /** The metrics of this process, or of all workers where it is one of several. */
  collect(): Promise<Registry>
  clear(): void
}

/** prom-client's gauges that are named like counters: sums over the labels of `nodejs_active_resources` and its like. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** @param own metrics that are in prom-client's form already */
export function createRegistry(added: Metric[], log: FastifyBaseLogger, ...own: PromMetric[]): MetricsRegistry {
  const registry = new Registry()
  // Under their usual names, which dashboards for Node expect.
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  for (const metric of own) registry.registerMetric(metric)
  for (const metric of added) register(registry, metric, log)
  return { collect: collectFromWorkers(registry, log), clear: () => registry.clear() }
}

function register(registry: Registry, metric: Metric, log: FastifyBaseLogger): void {
  const { type, collect, aggregator = 'sum', labelNames = [], ...rest } = metric
  const options = { ...rest, labelNames, aggregator, registers: [registry] }
  /** One metric that cannot be read must not cost the operator all others. */
  const reading = (set: (samples: Sample[]) => void) => async () => {
    try {
      set(samplesOf(await collect()))
    } catch (err) {
      log.warn({ err, metric: metric.name }, 'metric cannot be read')
    }
  }
  if (type === 'gauge') {
    const gauge = new Gauge({
      ...options,
      collect: reading(samples => {
        for (const { labels, value } of samples) gauge.set(labels, value)
      }),
    })
    return
  }
  const counter = new Counter({
    ...options,
    collect: reading(samples => {
      if (samples.length > 0) counter.reset()
      for (const { labels, value } of samples) counter.inc(labels, value)
    }),
  })
}

function samplesOf(measured: Measured): Sample[] {
  if (measured === undefined) return []
  return typeof measured === 'number' ? [{ labels: {}, value: measured }] : measured
}
