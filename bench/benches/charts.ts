/** Draws the published results, docs/bench/*.json, as docs/bench/*.svg */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawGrowth } from '../charts/growth.ts'
import { drawOverload } from '../charts/overload.ts'
import { drawPeers } from '../charts/peers.ts'
import { drawRevocation } from '../charts/revocation.ts'
import { PUBLISHED } from '../harness/results.ts'

/** For each file of results: draws its charts, by file name. */
const charts: Record<string, (results: never) => Record<string, string>> = {
  peers: drawPeers,
  revocation: drawRevocation,
  growth: drawGrowth,
  overload: drawOverload,
}

export async function run(): Promise<void> {
  for (const [name, draw] of Object.entries(charts)) {
    const file = join(PUBLISHED, `${name}.json`)
    if (!existsSync(file)) continue
    const drawn = draw(JSON.parse(readFileSync(file, 'utf8')) as never)
    for (const [chart, svg] of Object.entries(drawn)) writeFileSync(join(PUBLISHED, `${chart}.svg`), svg)
    console.log(`docs/bench/${name}.json → ${Object.keys(drawn).join('.svg, ')}.svg`)
  }
}
