/** What a process cost and what a set of rounds says: CPU time from the operating system, medians, ratios. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

const MICROSECONDS_PER_TICK = 10_000

/**
 * CPU time that a process has used so far, in microseconds, user and kernel, all its threads.
 *
 * Read from the scheduler (nanoseconds, `/proc/<pid>/task/<tid>/schedstat`), or where that is switched off from
 * `/proc/<pid>/stat`, whose ticks are 10 ms each. Node's threads live as long as the process, so none drops out of the sum.
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
export function cpuMicroseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.reduce((sum, thread) => sum + scheduledNanoseconds(pid, thread), 0)
  return nanoseconds > 0 ? nanoseconds / 1000 : tickedMicroseconds(pid)
}

/** The same, with that of the process's children: a primary's workers. */
function cpuWithChildren(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return children.reduce((sum, child) => sum + cpuMicroseconds(child), cpuMicroseconds(pid))
}

function scheduledNanoseconds(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}

function tickedMicroseconds(pid: number): number {
  // The second field is the command in brackets and may hold spaces; fields 14 and 15 are utime and stime.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}

/** CPU time, in microseconds, that all processes together have used since the machine started, and what its host took away. */
function busyMicroseconds(): number {
  // cpu user nice system idle iowait irq softirq steal
  const [user, nice, system, , , irq, softirq, steal] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const ticks = [user, nice, system, irq, softirq, steal].reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return ticks * MICROSECONDS_PER_TICK
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  return (upper + lower) / 2
}

/** What so many of all did not exceed: `part` is 0.99 for p99. */
export function percentile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** What one run of a fixed number of requests gave. */
export interface Run {
  count: number
  seconds: number
  /** Latency in milliseconds, where the load generator knows it. */
  p50?: number
  p90?: number
  p99?: number
  p999?: number
}

/** Somebody who can be given a number of requests, and whose CPU is watched meanwhile. */
export interface Contestant {
  name: string
  pid: number
  run: (amount: number) => Promise<Run>
}

export interface Round {
  requests: number
  seconds: number
  requestsPerSecond: number
  cpuPerRequest: number
  /** Share of one core that the contestant used; well below 1, the load generator was the limit of the rate. */
  busy: number
  /** Share of the machine that processes outside the bench used meanwhile. */
  others: number
  p50: number
  p90: number
  p99: number
  p999: number
}

/** Above that share the figures wander: the core and its caches are not the contestant's own. */
export const CALM = 0.08

export interface Rules {
  rounds: number
  seconds: number
  connections: number
  /** Processes of the bench's own, besides the contestant's. */
  helpers: number[]
  /** How many rounds may be played again because others were busy. */
  replays: number
}

async function measure(contestant: Contestant, amount: number, helpers: number[]): Promise<Round> {
  const helping = () =>
    helpers.filter(pid => existsSync(`/proc/${pid}/task`)).reduce((sum, pid) => sum + cpuMicroseconds(pid), 0)
  const before = {
    own: cpuWithChildren(contestant.pid),
    helping: helping(),
    all: busyMicroseconds(),
    at: performance.now(),
  }
  const run = await contestant.run(amount)
  const own = cpuWithChildren(contestant.pid) - before.own
  const others = busyMicroseconds() - before.all - own - (helping() - before.helping)
  const machine = (performance.now() - before.at) * 1000 * cpus().length
  return {
    requests: run.count,
    seconds: run.seconds,
    requestsPerSecond: run.count / run.seconds,
    cpuPerRequest: own / run.count,
    busy: own / 1e6 / run.seconds,
    others: Math.max(0, others / machine),
    p50: run.p50 ?? Number.NaN,
    p90: run.p90 ?? Number.NaN,
    p99: run.p99 ?? Number.NaN,
    p999: run.p999 ?? Number.NaN,
  }
}

/** Warms a contestant up for about twice `seconds`, so that its code is compiled, and says how many requests it answers in `seconds`. */
async function calibrate(contestant: Contestant, seconds: number, firstAmount: number): Promise<number> {
  let run = await contestant.run(firstAmount)
  while (run.seconds < seconds / 2) {
    run = await contestant.run(Math.min(amountFor(run, seconds, firstAmount), run.count * 20))
  }
  return amountFor(await contestant.run(amountFor(run, seconds, firstAmount)), seconds, firstAmount)
}

function amountFor({ count, seconds }: Run, wantedSeconds: number, least: number): number {
  return Math.max(least, Math.ceil((count / seconds) * wantedSeconds))
}

/**
 * Runs the contestants in turn, `rounds` times, each for about `seconds`; every other round in the opposite order, so that
 * whatever drifts on the machine meets all of them alike. A round in which others were busy is played again, while `replays` last.
 */
export async function alternate(contestants: Contestant[], rules: Rules): Promise<Map<string, Round[]>> {
  const amounts = new Map<string, number>()
  for (const each of contestants) {
    amounts.set(each.name, await calibrate(each, rules.seconds, rules.connections * 4))
  }
  let replays = rules.replays
  const results = new Map<string, Round[]>(contestants.map(each => [each.name, []]))
  for (let round = 0; round < rules.rounds; round++) {
    const inTurn = round % 2 === 0 ? contestants : contestants.toReversed()
    for (const each of inTurn) {
      const play = () => measure(each, amounts.get(each.name) ?? rules.connections, rules.helpers)
      let played = await play()
      while (played.others > CALM && replays-- > 0) played = await play()
      results.get(each.name)?.push(played)
    }
  }
  return results
}

/** The medians of each figure on its own. */
export function medians(rounds: Round[]): Round {
  const of = (figure: keyof Round) => median(rounds.map(round => round[figure]))
  return {
    requests: of('requests'),
    seconds: of('seconds'),
    requestsPerSecond: of('requestsPerSecond'),
    cpuPerRequest: of('cpuPerRequest'),
    busy: of('busy'),
    others: of('others'),
    p50: of('p50'),
    p90: of('p90'),
    p99: of('p99'),
    p999: of('p999'),
  }
}
