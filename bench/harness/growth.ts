/** How long operations take on databases of several sizes. */
import { describeGoal } from './goals.ts'
import { percentile } from './statistics.ts'

/** A running service on a database of a size. */
export interface Sized {
  size: number
}

export interface Operation<Subject extends Sized> {
  /** @returns how long it took (ms) */
  time(subject: Subject): Promise<number>
  /** Measured once per round instead of many times. */
  once?: boolean
}

interface Options {
  rounds: number
  tries: number
  /** What the sizes count. */
  unit: string
}

const GOAL = { atMost: 1.1 }

/** By size: the times (ms) of each round. */
type Rounds = Record<number, number[][]>

/** Asks all services in turn, one request at a time, so that noise affects all alike, and prints how much longer the largest takes. */
export async function compareSizes<Subject extends Sized>(
  subjects: Subject[],
  operations: Record<string, Operation<Subject>>,
  options: Options,
) {
  const results = []
  for (const [name, operation] of Object.entries(operations)) {
    const measured = await measure(subjects, operation, options)
    const result = { operation: name, ...summarize(measured) }
    print(result, measured, options.unit)
    results.push({ ...result, rounds: measured })
  }
  return results
}

async function measure<Subject extends Sized>(
  subjects: Subject[],
  operation: Operation<Subject>,
  { rounds, tries }: Options,
): Promise<Rounds> {
  const bySize: Rounds = Object.fromEntries(subjects.map(({ size }) => [size, []]))
  const repetitions = operation.once ? 1 : tries
  for (let i = 0; i < repetitions / 4; i++) for (const subject of subjects) await operation.time(subject)
  for (let round = 0; round < rounds; round++) {
    const times = new Map(subjects.map(subject => [subject, [] as number[]]))
    for (let i = 0; i < repetitions; i++) {
      const order = i % 2 === 0 ? subjects : subjects.toReversed()
      for (const subject of order) times.get(subject)?.push(await operation.time(subject))
    }
    for (const [{ size }, own] of times) bySize[size]?.push(own)
  }
  return bySize
}

function summarize(rounds: Rounds) {
  const at = (part: number) =>
    Object.fromEntries(Object.entries(rounds).map(([size, each]) => [size, percentile(each.flat(), part)]))
  const p50 = at(0.5)
  const values = Object.values(p50)
  return { p50, p99: at(0.99), ratio: (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN) }
}

function print(
  { operation, p50, p99, ratio }: ReturnType<typeof summarize> & { operation: string },
  rounds: Rounds,
  unit: string,
) {
  console.log(`\n${operation}, ms`)
  for (const [size, each] of Object.entries(rounds)) {
    const own = each.map(round => percentile(round, 0.5).toFixed(2)).join(', ')
    const count = Number(size).toLocaleString('en').padStart(9)
    console.log(
      `  ${count} ${unit}: p50 ${p50[size]?.toFixed(2)}, p99 ${p99[size]?.toFixed(2)} (p50 of the rounds: ${own})`,
    )
  }
  console.log(`  largest ÷ smallest: ${ratio.toFixed(2)}; ${describeGoal(GOAL, ratio)}`)
}
