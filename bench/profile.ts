/** `npm run bench:profile`: whose code the time of a profile went to. Reads the newest .cpuprofile that `--cpu-prof` left in bench/results/, or the one that is named. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[]
  samples: number[]
  /** Microseconds since the sample before. */
  timeDeltas: number[]
}

const RESULTS = join(import.meta.dirname, 'results')
const ROWS = 25
const file = process.argv[2] ?? newest()
const shares = byOwner(JSON.parse(readFileSync(file, 'utf8')) as Profile)
const total = shares.values().reduce((sum, time) => sum + time, 0)
console.log(`${file}: ${(total / 1e6).toFixed(1)} s at work`)
for (const [owner, time] of [...shares].sort((a, b) => b[1] - a[1]).slice(0, ROWS))
  console.log(`${((100 * time) / total).toFixed(1).padStart(6)} %  ${owner}`)

function newest(): string {
  const profiles = readdirSync(RESULTS).filter(name => name.endsWith('.cpuprofile'))
  const last = profiles.sort().at(-1)
  if (last === undefined) throw new Error('no profile in bench/results/: npm run bench -- --only films --cpu-prof')
  return join(RESULTS, last)
}

/** Microseconds by owner; time in which the process had nothing to do is left out. */
function byOwner({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]))
  const shares = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const owner = owners.get(id) ?? ''
    if (owner !== '(idle)') shares.set(owner, (shares.get(owner) ?? 0) + (timeDeltas[i] ?? 0))
  }
  return shares
}

/** A package, a module of Node's, a file of ours; for what has no file, the name of the native function. */
function ownerOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  if (url.startsWith('node:')) return url
  const installed = url.split('/node_modules/').at(-1)
  if (installed !== undefined && installed !== url)
    return installed.split('/', installed.startsWith('@') ? 2 : 1).join('/')
  if (url === '') return functionName.startsWith('RegExp') ? 'regular expressions' : functionName
  return url.replace(/^.*\/(?=(plugins|routes|schemas|sql)\/|[^/]+$)/, '')
}
