/** How long requests take, by route and status. prom-client's own histogram checks and hashes its labels at each request; this one adds to two numbers. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Metric } from 'prom-client'

/** Upper bounds of the buckets (seconds); what takes longer is only in the total. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

interface Tally {
  labels: { method: string; route: string; status: string }
  /** Requests in each bucket, and in the last place those beyond all of them. */
  buckets: number[]
  sum: number
}

const NAME = 'holocron_http_request_duration_seconds'

export function requestLatency() {
  const tallies: Tally[] = []
  const byRoute = new WeakMap<object, Map<number, Tally>>()

  function tallyOf({ routeOptions, method }: FastifyRequest, status: number): Tally {
    const statuses = byRoute.get(routeOptions.config) ?? new Map<number, Tally>()
    byRoute.set(routeOptions.config, statuses)
    const known = statuses.get(status)
    if (known) return known
    // Unknown routes share one handler, whatever the method.
    const { url } = routeOptions
    const labels = { method: url ? method : 'any', route: url ?? 'unknown', status: String(status) }
    const tally = { labels, buckets: Array<number>(BUCKETS.length + 1).fill(0), sum: 0 }
    statuses.set(status, tally)
    tallies.push(tally)
    return tally
  }

  return {
    observe(request: FastifyRequest, reply: FastifyReply): void {
      const tally =
        byRoute.get(request.routeOptions.config)?.get(reply.statusCode) ?? tallyOf(request, reply.statusCode)
      const seconds = reply.elapsedTime / 1000
      let bucket = 0
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++
      tally.buckets[bucket] = (tally.buckets[bucket] as number) + 1
      tally.sum += seconds
    },
    metric: {
      name: NAME,
      get: async () => ({
        name: NAME,
        help: 'Time from the arrival of a request to the end of its answer',
        type: 'histogram',
        aggregator: 'sum',
        values: tallies.flatMap(samples),
      }),
      reset: () => {},
    } as unknown as Metric,
  }
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function samples({ labels, buckets, sum }: Tally) {
  let total = 0
  const bounds = [...BUCKETS, '+Inf']
  const cumulative = buckets.map((count, i) => {
    total += count
    return { metricName: `${NAME}_bucket`, labels: { le: bounds[i] as number | string, ...labels }, value: total }
  })
  return [
    ...cumulative,
    { metricName: `${NAME}_sum`, labels, value: sum },
    { metricName: `${NAME}_count`, labels, value: total },
  ]
}
