import type { measureLogouts } from '../scenarios/logouts.ts'
import type { measureMap } from '../scenarios/revocation-map.ts'
import { bars } from './bars.ts'
import { percentiles } from './percentiles.ts'

interface Revocation {
  latency: Awaited<ReturnType<typeof measureLogouts>>
  map: Omit<Awaited<ReturnType<typeof measureMap>>, 'rounds'>
}

export function drawRevocation({ latency, map }: Revocation): Record<string, string> {
  const { p50, p90, p99, p999 } = latency.reads
  return {
    'revocation-latency': percentiles(
      `From a logout’s response to its enforcement by ${latency.instances - 1} other instances`,
      `${latency.logouts} logouts under load, and the protected reads meanwhile; logarithmic`,
      ['p50', 'p90', 'p99', 'max (of reads: p99.9)'],
      [
        { label: 'rejected elsewhere', values: [latency.p50, latency.p90, latency.p99, latency.max], highlight: true },
        { label: 'a protected read', values: [p50, p90, p99, p999] },
      ],
      'ms',
    ),
    'revocation-map': bars(
      `A protected read with ${map.entries.toLocaleString('en')} revoked sessions: CPU time`,
      'µs of the server process, medians',
      map.targets.map(({ name, cpuPerRequest }) => ({
        label: name,
        value: cpuPerRequest,
        highlight: name === 'full map',
      })),
    ),
  }
}
