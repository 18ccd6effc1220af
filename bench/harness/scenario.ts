/** Scenarios: which targets get which load, and which ratios are computed. */
import { join } from 'node:path'
import type { Account } from './account.ts'
import { type Goal, isMet } from './goals.ts'
import { drive, type Request, timeLimits } from './load.ts'
import type { Peer } from './peers.ts'
import { type Child, cores, startNode } from './processes.ts'
import { MAX_NOISE, medians, type Round, type Target } from './rounds.ts'
import type { Service } from './service.ts'
import { spread } from './statistics.ts'
import type { Signer } from './tokens.ts'

export const SERVICE = 'service'

export interface Ratio extends Goal {
  title: string
  metric: 'cpuPerRequest' | 'requestsPerSecond'
  /** Names of targets. */
  numerator: string
  denominator: string
  /** Another target, which is added to the denominator. */
  plus?: string
}

export interface Scenario {
  name: string
  connections: number
  targets: Target[]
  ratios: Ratio[]
}

/** What scenarios are built from. */
export interface Setup {
  service: Service
  account: Account
  signer: Signer
  /** Running peers, if any. */
  peers: Peer[]
  generator: Child
  /** URL of the real profile's database; undefined where the service has its own. */
  database: string | undefined
  /** Log file of baselines and peers. */
  log: string
  /** Length of a round. */
  seconds: number
}

export interface Result {
  scenario: string
  connections: number
  rounds: Record<string, Round[]>
  medians: Record<string, Round>
  /** `noisy`: other processes were so busy that the value is unreliable. */
  ratios: (Ratio & { value: number; met: boolean | null; noisy: boolean })[]
}

/** A target reached over HTTP. The request is made anew for each run, so that no token expires. */
export function httpTarget(
  { generator, seconds }: Setup,
  { name, pid, connections }: { name: string; pid: number; connections: number },
  request: (amount: number) => Promise<Request>,
): Target {
  return {
    name,
    pid,
    run: async amount => drive(generator, { ...(await request(amount)), connections, amount, ...timeLimits(seconds) }),
  }
}

/** Starts a program of baselines/ that answers questions. */
export function startBaseline({ log }: Setup, name: string, env: Record<string, string> = {}): Child {
  const script = join(import.meta.dirname, '../baselines', `${name}.ts`)
  return startNode({ script, core: cores.server, log, env, ipc: true })
}

/** Medians and ratios of a scenario that has run. */
export function evaluate({ name, connections, ratios }: Scenario, rounds: Map<string, Round[]>): Result {
  const middle = Object.fromEntries([...rounds].map(([target, each]) => [target, medians(each)]))
  return {
    scenario: name,
    connections,
    rounds: Object.fromEntries(rounds),
    medians: middle,
    ratios: ratios.map(ratio => {
      const { numerator, denominator, plus, metric } = ratio
      const of = (target: string) => middle[target]?.[metric] ?? Number.NaN
      const value = of(numerator) / (of(denominator) + (plus === undefined ? 0 : of(plus)))
      const compared = [numerator, denominator, plus ?? denominator]
      const noisy = compared.some(target => (middle[target]?.noise ?? 0) > MAX_NOISE)
      return { ...ratio, value, met: isMet(ratio, value), noisy }
    }),
  }
}

/** What is published of a result: medians of each target, and the spread of its CPU time. */
export function summarize({ scenario, connections, rounds, medians, ratios }: Result) {
  const targets = Object.entries(medians).map(([name, median]) => {
    const { requestsPerSecond, cpuPerRequest, p50, p90, p99, p999 } = median
    const cpuSpread = spread((rounds[name] ?? []).map(round => round.cpuPerRequest))
    return { name, requestsPerSecond, cpuPerRequest, cpuSpread, p50, p90, p99, p999 }
  })
  return {
    scenario,
    connections,
    rounds: Object.values(rounds)[0]?.length,
    targets,
    ratios: Object.fromEntries(ratios.map(({ title, value }) => [title, value])),
  }
}
