/** Plays scenarios: starts the service and its opponents, runs the rounds, prints and writes the results. */
import { join } from 'node:path'
import { bearer, openAccount } from './account.ts'
import { ARGON2 } from './argon2.ts'
import { capture } from './client.ts'
import { startLoadGenerator } from './load.ts'
import { type PlayOptions, playOptions } from './options.ts'
import { FILMS, startPeers } from './peers.ts'
import { pinned, pinThisProcess, storePids } from './processes.ts'
import { embedded, type Profile, real } from './profiles.ts'
import { RESULTS, writeResults } from './results.ts'
import { alternate } from './rounds.ts'
import { evaluate, type Result, type Scenario, type Setup, summarize } from './scenario.ts'
import { startService } from './service.ts'
import { printRatios, printResult } from './table.ts'
import { temporaryFolder } from './teardown.ts'
import { serviceSigner } from './tokens.ts'

type Scenarios = Record<string, (setup: Setup) => Promise<Scenario>>

/** @param withPeers adds the peers, which need MySQL and Redis: then the service gets them too */
export async function play(
  name: string,
  args: string[],
  scenarios: Scenarios,
  { withPeers = false } = {},
): Promise<void> {
  const options = playOptions(args)
  pinThisProcess()
  console.log(
    `Node ${process.version}, ${pinned ? 'servers on core 0, load generator on core 1' : 'not pinned: results will vary'}`,
  )
  const profile = options.real || withPeers ? await real() : embedded()
  const setup = await prepare(profile, options)
  if (withPeers) setup.peers = await startPeersOf(setup, profile)
  const results: Result[] = []
  for (const [key, scenario] of Object.entries(scenarios)) {
    if (options.only && !options.only.includes(key)) continue
    results.push(await playScenario(await scenario(setup), setup, options))
  }
  printRatios(results)
  const { rounds, seconds } = options
  const settings = { profile: profile.name, rounds, seconds, argon2: ARGON2 }
  const summary = { settings, results: results.map(summarize) }
  writeResults(name, { settings, results }, options.publish ? summary : undefined)
}

async function playScenario(scenario: Scenario, setup: Setup, { rounds, seconds }: PlayOptions): Promise<Result> {
  const played = await alternate(scenario.targets, {
    rounds,
    seconds,
    connections: scenario.connections,
    // MySQL and Redis work for the service and the peers: no noise.
    helpers: [process.pid, setup.generator.pid, ...storePids()],
    retries: rounds * scenario.targets.length,
  })
  const result = evaluate(scenario, played)
  printResult(result)
  return result
}

async function prepare(profile: Profile, { seconds, cpuProfile }: PlayOptions): Promise<Setup> {
  const env = {
    ...profile.env,
    // Part of the tokens' claims: the benchmark signs some itself.
    PUBLIC_URL: 'http://holocron.test',
    ARGON2_MEMORY_KIB: String(ARGON2.memoryKib),
    ARGON2_ITERATIONS: String(ARGON2.iterations),
    ARGON2_PARALLELISM: String(ARGON2.parallelism),
    ARGON2_THREADS: String(ARGON2.threads),
  }
  const nodeOptions = cpuProfile ? ['--cpu-prof', `--cpu-prof-dir=${RESULTS}`] : []
  const service = await startService({ profile: { ...profile, env }, nodeOptions })
  return {
    service,
    account: await openAccount(service),
    signer: await serviceSigner(env),
    peers: [],
    generator: startLoadGenerator(),
    database: profile.env.DATABASE_URL,
    log: join(temporaryFolder(), 'peers.log'),
    seconds,
  }
}

async function startPeersOf({ service, account, log }: Setup, profile: Profile) {
  const { body } = await capture(service.url + FILMS, await bearer(service, account))
  return startPeers(profile, account, body, log)
}
