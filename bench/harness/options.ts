/** Command-line options that benchmarks share. */
import { parseArgs } from 'node:util'

/** Options of benchmarks that play rounds. */
export interface PlayOptions {
  rounds: number
  /** Length of a round. */
  seconds: number
  /** On MySQL and Redis instead of the embedded profile. */
  real: boolean
  publish: boolean
  cpuProfile: boolean
  only: string[] | undefined
}

export function playOptions(args: string[], defaults: { seconds?: number } = {}): PlayOptions {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: String(defaults.seconds ?? 3) },
      real: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      'cpu-prof': { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  })
  const { real, publish, only } = values
  return {
    rounds: wholeNumber('--rounds', values.rounds, 50),
    seconds: wholeNumber('--seconds', values.seconds, 600),
    real,
    publish,
    cpuProfile: values['cpu-prof'],
    only: only?.split(','),
  }
}

export function wholeNumber(option: string, text: string, max: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > max)
    throw new Error(`${option}: a whole number from 1 to ${max}`)
  return number
}
