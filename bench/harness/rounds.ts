/** Rounds: several targets under the same load in alternating order, and the median of each metric. */
import { cpus } from 'node:os'
import { cpuMicroseconds, cpuOfMachine, cpuOfTree } from './cpu.ts'
import { median } from './statistics.ts'

/** Result of one run of a fixed number of requests. */
export interface Run {
  count: number
  seconds: number
  /** Latency (ms), where the load generator knows it. */
  p50?: number
  p90?: number
  p99?: number
  p999?: number
}

/** Something that handles a number of requests while its CPU time is measured. */
export interface Target {
  name: string
  pid: number
  /** What a run of so many requests needs, and is no part of it. */
  prepare?: (requests: number) => Promise<void>
  run: (requests: number) => Promise<Run>
}

export interface Round {
  requests: number
  seconds: number
  requestsPerSecond: number
  /** CPU time of the target (µs). */
  cpuPerRequest: number
  /** Share of one core used by the target. Well below 1, the load generator was the bottleneck. */
  coreUsage: number
  /** Share of the machine used by processes outside the benchmark. */
  noise: number
  p50: number
  p90: number
  p99: number
  p999: number
}

/** Above this noise, results vary too much: core and caches are shared with somebody else. */
export const MAX_NOISE = 0.08

export interface RoundOptions {
  rounds: number
  seconds: number
  connections: number
  /** Processes of the benchmark other than the target, not counted as noise. */
  helpers: number[]
  /** How many noisy rounds may be repeated. */
  retries: number
}

/**
 * Runs the targets in turn, `rounds` times for about `seconds` each, in reverse order every other round so that drift of the machine affects all alike.
 * Noisy rounds are repeated while `retries` last.
 */
export async function alternate(targets: Target[], options: RoundOptions): Promise<Map<string, Round[]>> {
  const requests = new Map<Target, number>()
  for (const target of targets) {
    requests.set(target, await calibrate(target, options.seconds, options.connections * 4))
  }
  let { retries } = options
  const results = new Map<string, Round[]>(targets.map(({ name }) => [name, []]))
  for (let index = 0; index < options.rounds; index++) {
    for (const target of index % 2 === 0 ? targets : targets.toReversed()) {
      const play = () => measure(target, requests.get(target) ?? options.connections, options.helpers)
      let round = await play()
      while (round.noise > MAX_NOISE && retries-- > 0) round = await play()
      results.get(target.name)?.push(round)
    }
  }
  return results
}

/** The median of each metric on its own. */
export function medians(rounds: Round[]): Round {
  const of = (metric: keyof Round) => median(rounds.map(round => round[metric]))
  return {
    requests: of('requests'),
    seconds: of('seconds'),
    requestsPerSecond: of('requestsPerSecond'),
    cpuPerRequest: of('cpuPerRequest'),
    coreUsage: of('coreUsage'),
    noise: of('noise'),
    p50: of('p50'),
    p90: of('p90'),
    p99: of('p99'),
    p999: of('p999'),
  }
}

/** Warms a target up for about twice `seconds`, so that its code is optimized; returns the number of requests it handles in `seconds`. */
async function calibrate(target: Target, seconds: number, initialRequests: number): Promise<number> {
  let run = await runOf(target, initialRequests)
  while (run.seconds < seconds / 2) {
    run = await runOf(target, Math.min(requestsFor(run, seconds, initialRequests), run.count * 20))
  }
  return requestsFor(await runOf(target, requestsFor(run, seconds, initialRequests)), seconds, initialRequests)
}

async function runOf(target: Target, requests: number): Promise<Run> {
  await target.prepare?.(requests)
  return target.run(requests)
}

function requestsFor({ count, seconds }: Run, wantedSeconds: number, minimum: number): number {
  return Math.max(minimum, Math.ceil((count / seconds) * wantedSeconds))
}

async function measure(target: Target, requests: number, helpers: number[]): Promise<Round> {
  const sample = () => ({
    own: cpuOfTree(target.pid),
    helpers: helpers.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0),
    machine: cpuOfMachine(),
    at: performance.now(),
  })
  await target.prepare?.(requests)
  const before = sample()
  const run = await target.run(requests)
  const after = sample()
  const own = after.own - before.own
  const others = after.machine - before.machine - own - (after.helpers - before.helpers)
  const available = (after.at - before.at) * 1000 * cpus().length
  return {
    requests: run.count,
    seconds: run.seconds,
    requestsPerSecond: run.count / run.seconds,
    cpuPerRequest: own / run.count,
    coreUsage: own / 1e6 / run.seconds,
    noise: Math.max(0, others / available),
    p50: run.p50 ?? Number.NaN,
    p90: run.p90 ?? Number.NaN,
    p99: run.p99 ?? Number.NaN,
    p999: run.p999 ?? Number.NaN,
  }
}
