/** Duration of requests by route and status. prom-client's own histogram checks and hashes its labels at each request; this one adds to two numbers. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Metric } from 'prom-client'

/** Upper bounds of the buckets in seconds. Slower requests are only in the total. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

interface Series {
  labels: { method: string; route: string; status: string }
  /** Requests in each bucket; the last entry counts those beyond all bounds. */
  buckets: number[]
  sum: number
}

export const NAME = 'holocron_http_request_duration_seconds'

export function requestDuration() {
  const allSeries: Series[] = []
  const byRoute = new WeakMap<object, Map<number, Series>>()

  function addSeries({ routeOptions, method }: FastifyRequest, status: number): Series {
    const byStatus = byRoute.get(routeOptions.config) ?? new Map<number, Series>()
    byRoute.set(routeOptions.config, byStatus)
    const existing = byStatus.get(status)
    if (existing) return existing
    // Unknown routes share one series, whatever the method: a caller cannot multiply the series.
    const { url } = routeOptions
    const labels = { method: url ? method : 'any', route: url ?? 'unknown', status: String(status) }
    const series = { labels, buckets: Array<number>(BUCKETS.length + 1).fill(0), sum: 0 }
    byStatus.set(status, series)
    allSeries.push(series)
    return series
  }

  return {
    observe(request: FastifyRequest, reply: FastifyReply): void {
      const series =
        byRoute.get(request.routeOptions.config)?.get(reply.statusCode) ?? addSeries(request, reply.statusCode)
      const seconds = reply.elapsedTime / 1000
      let bucket = 0
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++
      series.buckets[bucket] = (series.buckets[bucket] as number) + 1
      series.sum += seconds
    },
    metric: {
      name: NAME,
      get: async () => ({
        name: NAME,
        help: 'Time from the arrival of a request to the end of its response',
        type: 'histogram',
        aggregator: 'sum',
        values: allSeries.flatMap(samplesOf),
      }),
      reset: () => {},
    } as unknown as Metric,
  }
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function samplesOf({ labels, buckets, sum }: Series) {
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
