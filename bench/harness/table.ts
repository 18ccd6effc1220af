/** Results as tables for the terminal. */
import { describeGoal } from './goals.ts'
import type { Round } from './rounds.ts'
import type { Result } from './scenario.ts'

/** Prints a scenario: the medians of each target, and the rounds below. */
export function printResult(result: Result): void {
  console.log(`\n${result.scenario} (${result.connections} connections)`)
  console.log(row('', 'requests/s', 'CPU µs/request', 'core usage', 'noise', 'p50 ms', 'p99 ms', 'p99.9 ms'))
  for (const [name, rounds] of Object.entries(result.rounds)) {
    const median = result.medians[name]
    if (median) console.log(metrics(name, median))
    rounds.forEach((round, index) => void console.log(metrics(`  round ${index + 1}`, round)))
  }
}

/** Prints the ratios of all scenarios beside their goals. */
export function printRatios(results: Result[]): void {
  console.log('\nRatios (of the medians)')
  for (const { title, value, noisy, ...goal } of results.flatMap(result => result.ratios)) {
    const warning = noisy ? ' (unreliable: other processes were busy)' : ''
    const verdict = describeGoal(goal, value, limit => limit.toFixed(2))
    console.log(`${title.padEnd(50)}${value.toFixed(2).padStart(8)}   ${verdict}${warning}`)
  }
}

function metrics(name: string, round: Round): string {
  const milliseconds = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(0))
  return row(
    name,
    round.requestsPerSecond.toFixed(round.requestsPerSecond < 1000 ? 1 : 0),
    round.cpuPerRequest.toFixed(round.cpuPerRequest < 1000 ? 1 : 0),
    `${(round.coreUsage * 100).toFixed(0)} %`,
    `${(round.noise * 100).toFixed(0)} %`,
    milliseconds(round.p50),
    milliseconds(round.p99),
    milliseconds(round.p999),
  )
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(20) + cells.map(cell => cell.padStart(15)).join('')
}
