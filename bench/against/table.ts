/** The table of a comparison. */
import { describeGoal } from '../harness/goals.ts'
import { median, spread } from '../harness/statistics.ts'

/** One metric of both checkouts, with a value for each round. */
export interface Series {
  metric: string
  unit: string
  values: [own: number[], other: number[]]
  /** Where less is better: how much more is acceptable. */
  atMost?: number
}

/** No worse than before by more than 3 %. */
export const NO_WORSE = 1.03

export function printComparison(names: string[], series: Series[]): void {
  console.log(`\n${row('median', ...names, 'ratio', 'per round')}`)
  for (const { metric, unit, values, atMost } of series) {
    const [own, other] = values
    const ratio = median(own) / median(other)
    const [min, max] = spread(own.map((value, round) => value / (other[round] ?? Number.NaN)))
    const goal = atMost === undefined ? '' : describeGoal({ atMost }, ratio)
    const cells = [median(own), median(other)].map(
      value => `${value.toLocaleString('en', { maximumSignificantDigits: 4 })} ${unit}`,
    )
    console.log(`${row(metric, ...cells, ratio.toFixed(3), `${min.toFixed(2)} to ${max.toFixed(2)}`)}   ${goal}`)
  }
}

function row(metric: string, ...cells: string[]): string {
  return `${metric.padEnd(28)}${cells.map(cell => cell.slice(-20).padStart(20)).join('')}`
}
