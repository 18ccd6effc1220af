/** Protected reads with one worker and with two, on MySQL and Redis [--rounds 5] [--seconds 3] */
import { type Account, bearer, openAccount } from '../harness/account.ts'
import { capture } from '../harness/client.ts'
import { describeGoal } from '../harness/goals.ts'
import { drive, startLoadGenerator, timeLimits } from '../harness/load.ts'
import { playOptions } from '../harness/options.ts'
import { FILMS } from '../harness/peers.ts'
import { type Child, cores, pinThisProcess } from '../harness/processes.ts'
import { type Profile, real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { alternate, type Target } from '../harness/rounds.ts'
import { evaluate } from '../harness/scenario.ts'
import { startService } from '../harness/service.ts'
import { printResult } from '../harness/table.ts'

const CONNECTIONS = 64
const GOAL = { atLeast: 1.8 }
const ONE = '1 worker'
const TWO = '2 workers'

export async function run(args: string[]): Promise<void> {
  const { rounds, seconds } = playOptions(args)
  pinThisProcess()
  const profile = await real()
  const generator = startLoadGenerator()
  const one = await target(ONE, 1)
  // Both services share database and account.
  const targets = [one.target, (await target(TWO, 2, one.account)).target]
  const helpers = [process.pid, generator.pid]
  const played = await alternate(targets, { rounds, seconds, connections: CONNECTIONS, helpers, retries: 0 })
  const result = evaluate({ name: 'films', connections: CONNECTIONS, targets, ratios: [] }, played)
  printResult(result)
  const cpu = (name: string) => result.medians[name]?.cpuPerRequest ?? Number.NaN
  const scale = (2 * cpu(ONE)) / cpu(TWO)
  const goal = describeGoal(GOAL, scale)
  console.log(
    `\nTwo workers on two cores serve ${scale.toFixed(2)} times as much as one on one (by CPU per request, all processes of the service). ${goal}`,
  )
  writeResults('workers', { settings: { rounds, seconds }, result })

  async function target(name: string, workers: number, account?: Account) {
    return workersTarget({ name, workers, profile, generator, seconds, account })
  }
}

interface Options {
  name: string
  workers: number
  profile: Profile
  generator: Child
  seconds: number
  account: Account | undefined
}

/** The generator has one of the two cores, so it slows the second worker down: compare CPU time, not rates. */
async function workersTarget(options: Options): Promise<{ target: Target; account: Account }> {
  const { name, workers, profile, generator, seconds } = options
  const env = { ...profile.env, WORKERS: String(workers) }
  const service = await startService({ profile: { ...profile, env }, core: workers === 1 ? cores.server : cores.any })
  const account = options.account ?? (await openAccount(service))
  const headers = await bearer(service, account)
  const url = service.url + FILMS
  const { body } = await capture(url, headers)
  const load = { url, method: 'GET' as const, headers, connections: CONNECTIONS, expect: { status: 200, body } }
  const run = (amount: number) => drive(generator, { ...load, amount, ...timeLimits(seconds) })
  return { target: { name, pid: service.pid, run }, account }
}
