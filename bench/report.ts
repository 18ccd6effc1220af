/** The results: a table for the eye, JSON for the record. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { CALM, medians, type Round } from './measure.ts'
import { pinned } from './processes.ts'
import type { Ratio, Scenario } from './scenarios.ts'

export interface Result {
  scenario: string
  connections: number
  rounds: Record<string, Round[]>
  medians: Record<string, Round>
  /** `disturbed`: others were so busy that the value says little. */
  ratios: (Ratio & { value: number; reached: boolean | null; disturbed: boolean })[]
}

/** Medians and ratios of a scenario that has run. */
export function evaluate(scenario: Scenario, rounds: Map<string, Round[]>): Result {
  const middle = Object.fromEntries([...rounds].map(([name, each]) => [name, medians(each)]))
  const ratios = scenario.ratios.map(ratio => {
    const value =
      (middle[ratio.over]?.[ratio.figure] ?? Number.NaN) / (middle[ratio.under]?.[ratio.figure] ?? Number.NaN)
    const others = [ratio.over, ratio.under].map(name => middle[name]?.others ?? 0)
    return { ...ratio, value, reached: isReached(ratio, value), disturbed: Math.max(...others) > CALM }
  })
  return {
    scenario: scenario.name,
    connections: scenario.connections,
    rounds: Object.fromEntries(rounds),
    medians: middle,
    ratios,
  }
}

function isReached({ atMost, atLeast }: Ratio, value: number): boolean | null {
  if (atMost !== undefined) return value <= atMost
  if (atLeast !== undefined) return value >= atLeast
  return null
}

/** Prints a scenario: the medians, under them the rounds as they came. */
export function printResult(result: Result): void {
  console.log(`\n${result.scenario} (${result.connections} connections)`)
  console.log(row('', 'requests/s', 'CPU µs/request', 'core busy', 'others', 'p50 ms', 'p99 ms', 'p99.9 ms'))
  for (const [name, rounds] of Object.entries(result.rounds)) {
    const middle = result.medians[name]
    if (middle) console.log(figures(name, middle))
    rounds.forEach((round, index) => void console.log(figures(`  round ${index + 1}`, round)))
  }
}

/** Prints the ratios of all scenarios, each beside what it should reach. */
export function printRatios(results: Result[]): void {
  console.log('\nRatios (of the medians)')
  for (const ratio of results.flatMap(result => result.ratios)) {
    const doubt = ratio.disturbed ? ' (disturbed: others were busy)' : ''
    console.log(`${ratio.title.padEnd(44)}${ratio.value.toFixed(2).padStart(8)}   ${wanted(ratio)}${doubt}`)
  }
}

function wanted({ atMost, atLeast, reached }: Result['ratios'][number]): string {
  if (atMost !== undefined) return `at most ${atMost.toFixed(2)}: ${verdict(reached)}`
  if (atLeast !== undefined) return `at least ${atLeast.toFixed(2)}: ${verdict(reached)}`
  return ''
}

/** In words, whether a reach is met. */
export function verdict(reached: boolean | null): string {
  return reached ? 'reached' : 'MISSED'
}

function figures(name: string, round: Round): string {
  const milliseconds = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(0))
  return row(
    name,
    round.requestsPerSecond.toFixed(round.requestsPerSecond < 1000 ? 1 : 0),
    round.cpuPerRequest.toFixed(round.cpuPerRequest < 1000 ? 1 : 0),
    `${(round.busy * 100).toFixed(0)} %`,
    `${(round.others * 100).toFixed(0)} %`,
    milliseconds(round.p50),
    milliseconds(round.p99),
    milliseconds(round.p999),
  )
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(20) + cells.map(cell => cell.padStart(15)).join('')
}

/** Where results go that the documents show. */
export const PUBLISHED = join(import.meta.dirname, '..', 'docs', 'bench')

/**
 * Writes everything to `bench/results/`, or for the documents to `docs/bench/`, and says where.
 * @param name of the bench, and of its file
 */
export function writeResults(name: string, publish: boolean, outcome: object): void {
  const when = new Date().toISOString()
  const folder = publish ? PUBLISHED : join(import.meta.dirname, 'results')
  const file = join(folder, publish ? `${name}.json` : `${when.replaceAll(':', '-').slice(0, 19)}-${name}.json`)
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, pinned }
  mkdirSync(folder, { recursive: true })
  const command = ['node', relative(process.cwd(), process.argv[1] ?? ''), ...process.argv.slice(2)].join(' ')
  writeFileSync(file, `${JSON.stringify({ when, commit: commit(), command, machine, ...outcome }, null, 2)}\n`)
  console.log(`\nEverything, with the raw rounds: ${file}`)
  if (publish) console.log('Draw it: npm run bench:charts')
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }).trim()
  } catch {
    return 'unknown'
  }
}
