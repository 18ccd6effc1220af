/** Results as JSON: everything in bench/results/ (git-ignored); with `--publish`, medians and spreads in docs/bench/. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { THIS_CHECKOUT } from './checkout.ts'
import { pinned } from './processes.ts'

/** Published results, from which the charts are drawn. */
export const PUBLISHED = join(THIS_CHECKOUT, 'docs/bench')
/** Raw results and CPU profiles. */
export const RESULTS = join(THIS_CHECKOUT, 'bench/results')

const SIGNIFICANT_DIGITS = 4

/**
 * @param name of the benchmark, and of its files
 * @param raw everything measured
 * @param summary medians and spreads, for docs/bench/; nothing is published where it is absent
 */
export function writeResults(name: string, raw: object, summary?: object): void {
  const when = new Date().toISOString()
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, pinned }
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
  const origin = { when, commit: commit(), command, machine }
  const file = join(RESULTS, `${when.replaceAll(':', '-').slice(0, 19)}-${name}.json`)
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(file, `${JSON.stringify({ ...origin, ...raw }, null, 2)}\n`)
  console.log(`\nAll rounds: ${file}`)
  if (!summary) return
  writeFileSync(join(PUBLISHED, `${name}.json`), publishable({ ...origin, ...summary }))
  console.log(`Published: docs/bench/${name}.json. Draw it: npm run bench -- charts`)
}

/** JSON with one line for each result, and no more digits than a measurement has. */
export function publishable(outcome: object): string {
  const rounded = JSON.parse(JSON.stringify(outcome), (_key, value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(SIGNIFICANT_DIGITS)) : value,
  )
  const lines = Object.entries(rounded).map(([key, value]) => `${JSON.stringify(key)}: ${oneLineEach(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

function oneLineEach(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value)
  return `[\n${value.map(each => JSON.stringify(each)).join(',\n')}\n]`
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: THIS_CHECKOUT, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
