/** `npm run bench:charts`: draws the published results, docs/bench/*.json, as docs/bench/*.svg. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Round } from './measure.ts'
import { PUBLISHED, type Result } from './report.ts'
import { bars, lines, spreads } from './svg.ts'

const PERCENTILES = ['p50', 'p90', 'p99', 'p99.9']

/** Each file of results by its charts. */
const charts: Record<string, (results: never) => Record<string, string>> = {
  peers: drawPeers,
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
void lines
