import { SERVICE, type summarize } from '../harness/scenario.ts'
import { bars } from './bars.ts'
import { percentiles } from './percentiles.ts'

type Summary = ReturnType<typeof summarize>

/** Chart, scenario, title. */
const CHARTS = [
  ['peers-films', 'films', 'A protected read'],
  ['peers-films-many', 'films, 10,000 tokens', 'A protected read, 10,000 tokens in turn'],
  ['peers-films-new', 'films, new tokens', 'A protected read with a token not seen before'],
  ['peers-login', 'login', 'A login'],
] as const

export function drawPeers({ results }: { results: Summary[] }): Record<string, string> {
  const drawn: Record<string, string> = {}
  for (const [chart, scenario, title] of CHARTS) {
    const summary = results.find(each => each.scenario === scenario)
    if (!summary) continue
    drawn[chart] = drawCpu(title, summary)
    if (scenario === 'films') drawn['peers-latency'] = drawLatency(title, summary)
  }
  return drawn
}

/** The second target is the baseline. */
function drawCpu(title: string, { rounds, targets }: Summary): string {
  const baseline = targets[1]?.cpuPerRequest ?? Number.NaN
  return bars(
    `${title}: CPU time per request`,
    `µs of the server process, medians of ${rounds} rounds; in parentheses, multiples of the lower bound`,
    targets.map(({ name, cpuPerRequest }) => ({
      label: name,
      value: cpuPerRequest,
      note: `(${(cpuPerRequest / baseline).toFixed(2)} ×)`,
      highlight: name === SERVICE,
    })),
  )
}

function drawLatency(title: string, { connections, targets }: Summary): string {
  return percentiles(
    `${title}: latency with ${connections} busy connections`,
    'as seen by the load generator; logarithmic',
    ['p50', 'p90', 'p99', 'p99.9'],
    targets.map(({ name, p50, p90, p99, p999 }) => ({
      label: name,
      values: [p50, p90, p99, p999],
      highlight: name === SERVICE,
    })),
    'ms',
  )
}
