/** Which packages and files the time of the newest CPU profile went to [FILE.cpuprofile]; make one with films --cpu-prof */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RESULTS } from '../harness/results.ts'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[]
  samples: number[]
  /** Since the previous sample (µs). */
  timeDeltas: number[]
}

const ROWS = 25

export async function run([file = newest()]: string[]): Promise<void> {
  const shares = timeByOwner(JSON.parse(readFileSync(file, 'utf8')) as Profile)
  const total = shares.values().reduce((sum, time) => sum + time, 0)
  console.log(`${file}: ${(total / 1e6).toFixed(1)} s busy`)
  for (const [owner, time] of [...shares].sort((a, b) => b[1] - a[1]).slice(0, ROWS))
    console.log(`${((100 * time) / total).toFixed(1).padStart(6)} %  ${owner}`)
}

function newest(): string {
  const files = existsSync(RESULTS) ? readdirSync(RESULTS) : []
  const last = files
    .filter(name => name.endsWith('.cpuprofile'))
    .sort()
    .at(-1)
  if (last === undefined) throw new Error('no profile in bench/results/: npm run bench -- films --cpu-prof')
  return join(RESULTS, last)
}

/** Microseconds by owner, without idle time. */
function timeByOwner({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]))
  const shares = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const owner = owners.get(id) ?? ''
    if (owner !== '(idle)') shares.set(owner, (shares.get(owner) ?? 0) + (timeDeltas[i] ?? 0))
  }
  return shares
}

/** A package, a module of Node, or a source file; for code without a file, the name of the native function. */
function ownerOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  if (url.startsWith('node:')) return url
  const installed = url.split('/node_modules/').at(-1)
  if (installed !== undefined && installed !== url)
    return installed.split('/', installed.startsWith('@') ? 2 : 1).join('/')
  if (url === '') return functionName.startsWith('RegExp') ? 'regular expressions' : functionName
  return url.replace(/^.*\/(?=(plugins|routes|schemas|sql)\/|[^/]+$)/, '')
}
