/** `npm run bench:charts`: draws the published results, docs/bench/*.json, as docs/bench/*.svg. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median, type Round } from './measure.ts'
import { PUBLISHED, type Result } from './report.ts'
import { bars, lines, spreads } from './svg.ts'

const PERCENTILES = ['p50', 'p90', 'p99', 'p99.9']

/** Each file of results by its charts. */
const charts: Record<string, (results: never) => Record<string, string>> = {
  peers: drawPeers,
  revocation: drawRevocation,
  growth: drawGrowth,
  overload: drawOverload,
}

for (const [name, draw] of Object.entries(charts)) {
  const file = join(PUBLISHED, `${name}.json`)
  if (!existsSync(file)) continue
  const drawn = draw(JSON.parse(readFileSync(file, 'utf8')) as never)
  for (const [chart, svg] of Object.entries(drawn)) writeFileSync(join(PUBLISHED, `${chart}.svg`), svg)
  console.log(`docs/bench/${name}.json → ${Object.keys(drawn).join('.svg, ')}.svg`)
}

function drawPeers({ results }: { results: Result[] }): Record<string, string> {
  const drawn: Record<string, string> = {}
  const titles = {
    films: ['films', 'A protected read'],
    'films-many': ['films, 10,000 tokens', 'A protected read, 10,000 tokens in turn'],
    'films-new': ['films, new tokens', 'A protected read with a token not seen before'],
    login: ['login', 'A login'],
  }
  for (const [file, [scenario, title = '']] of Object.entries(titles)) {
    const result = results.find(each => each.scenario === scenario)
    if (!result) continue
    const limit = Object.values(result.medians)[1]?.cpuPerRequest ?? Number.NaN
    drawn[`peers-${file}`] = bars(
      `${title}: CPU for each request`,
      `microseconds of the server’s own process, medians of ${result.rounds.service?.length} rounds; in brackets, the limit’s multiple`,
      Object.entries(result.medians).map(([label, { cpuPerRequest }]) => ({
        label,
        value: cpuPerRequest,
        note: `(${(cpuPerRequest / limit).toFixed(2)} ×)`,
        ours: label === 'service',
      })),
    )
    if (file === 'films') drawn['peers-latency'] = drawLatency(title, result)
  }
  return drawn
}

function drawLatency(title: string, { connections, medians }: Result): string {
  return spreads(
    `${title}: latency with ${connections} busy connections`,
    'as the load generator saw it; logarithmic',
    PERCENTILES,
    Object.entries(medians).map(([label, { p50, p90, p99, p999 }]: [string, Round]) => ({
      label,
      values: [p50, p90, p99, p999],
      ours: label === 'service',
    })),
    'ms',
  )
}

interface Revocation {
  latency: { logouts: number; instances: number; p50: number; p90: number; p99: number; max: number; reads: Round[] }
  map: { entries: number; medians: Record<string, Round> }
}

function drawRevocation({ latency, map }: Revocation): Record<string, string> {
  const others = latency.instances - 1
  const quickest = (figure: 'p50' | 'p90' | 'p99' | 'p999') => median(latency.reads.map(read => read[figure]))
  return {
    'revocation-latency': spreads(
      `From a logout’s answer to its refusal by ${others} other instances`,
      `${latency.logouts} logouts under load, and the protected reads meanwhile; logarithmic`,
      ['p50', 'p90', 'p99', 'max (of reads: p99.9)'],
      [
        { label: 'refusal elsewhere', values: [latency.p50, latency.p90, latency.p99, latency.max], ours: true },
        { label: 'a protected read', values: [quickest('p50'), quickest('p90'), quickest('p99'), quickest('p999')] },
      ],
      'ms',
    ),
    'revocation-map': bars(
      `A protected read beside ${map.entries.toLocaleString('en')} live revocations: CPU`,
      'microseconds of the server’s own process, medians',
      Object.entries(map.medians).map(([label, { cpuPerRequest }]) => ({
        label,
        value: cpuPerRequest,
        ours: label === 'full map',
      })),
    ),
  }
}

function drawGrowth({ results }: { results: { operation: string; p50: Record<string, number> }[] }) {
  const sizes = Object.keys(results[0]?.p50 ?? {}).map(Number)
  const relative = results.map(({ operation, p50 }) => ({
    label: operation,
    points: sizes.map(size => [size, (p50[size] ?? 0) / (p50[sizes[0] ?? 0] ?? 1)] as [number, number]),
  }))
  const most = Math.max(1.5, ...relative.flatMap(({ points }) => points.map(([, y]) => y)))
  return {
    growth: lines(
      'What a request takes as the tables grow',
      'p50, as a multiple of that with the fewest users',
      {
        title: 'users, each with a session',
        ticks: sizes.map(at => ({ at, label: at.toLocaleString('en') })),
        logarithmic: true,
      },
      { title: 'multiple', ticks: [0, 0.5, 1, Math.ceil(most * 2) / 2].map(at => ({ at, label: String(at) })) },
      relative,
    ),
  }
}

interface Flooded {
  name: string
  capacity: number
  perSecond: number[]
}

function drawOverload({ floods, settings }: { floods: Flooded[]; settings: { times: number } }) {
  const seconds = Math.max(...floods.map(({ perSecond }) => perSecond.length))
  return {
    overload: lines(
      `Useful answers while ${settings.times} times the capacity is asked for`,
      'for each second of the flood, as a part of the capacity measured before',
      { title: 'seconds', ticks: Array.from({ length: seconds }, (_, at) => ({ at: at + 1, label: String(at + 1) })) },
      { title: 'part of capacity', ticks: [0, 0.5, 1, 1.5].map(at => ({ at, label: String(at) })) },
      floods.map(({ name, capacity, perSecond }) => ({
        label: name,
        points: perSecond.map((count, second) => [second + 1, Math.min(1.5, count / capacity)] as [number, number]),
      })),
    ),
  }
}
