/** `npm run bench`: the service and its peers under the same load, in one run, on one core. See README.md for how to read it. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { films, filmsManyTokens, filmsNewTokens, filmsUnchanged } from './films.ts'
import { alternate } from './measure.ts'
import { FILMS, installPeers, startPeers } from './peers.ts'
import { cores, pinned, pinThisProcess, startNode, storePids, temporaryFolder, toTheEnd } from './processes.ts'
import { real } from './real-profile.ts'
import { evaluate, printRatios, printResult, type Result, verdict, writeResults } from './report.ts'
import { argon2, bearerOf, login, type Stage } from './scenarios.ts'
import { capture, embedded, openAccount, type Profile, startService } from './service.ts'
import { measureStartUp } from './start-up.ts'
import { keysOf } from './tokens.ts'
import { rotationAgainstBare, signup } from './writes.ts'

const scenarios = {
  films,
  'films-304': filmsUnchanged,
  'films-many': filmsManyTokens,
  'films-new': filmsNewTokens,
  login,
  rotation: rotationAgainstBare,
  signup,
}
const START_REACH_MS = 300

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: [...Object.keys(scenarios), 'start-up'].join(',') },
    real: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    server: { type: 'string', default: join(import.meta.dirname, '..', 'server.ts') },
    'cpu-prof': { type: 'boolean', default: false },
  },
})
const rounds = whole(options.rounds, '--rounds', 50)
const seconds = whole(options.seconds, '--seconds', 60)
const only = options.only.split(',')
const script = resolve(options.server)

async function bench(): Promise<void> {
  pinThisProcess()
  console.log(
    `Node ${process.version}, ${pinned ? 'servers on core 0, load generator on core 1' : 'not pinned: figures will wander'}`,
  )
  if (options.peers) installPeers()
  // The peers need MySQL and Redis, and then the service gets no less.
  const profile = options.real || options.peers ? await real(process.env) : embedded()
  const startUp = only.includes('start-up') ? await measureStartUp(profile, rounds, script) : null
  const stage = await setTheStage(profile)
  const results = await play(stage)
  printRatios(results)
  if (startUp) printStartUp(startUp.firstMedian, startUp.againMedian)
  const settings = { profile: profile.name, rounds, seconds, argon2 }
  writeResults(options.peers ? 'peers' : 'service', options.publish, { settings, startUp, results })
}

async function play(stage: Stage): Promise<Result[]> {
  const results: Result[] = []
  const stores = storePids()
  for (const [name, prepare] of Object.entries(scenarios)) {
    if (!only.includes(name)) continue
    const scenario = await prepare(stage)
    const played = await alternate(scenario.contestants, {
      rounds,
      seconds,
      connections: scenario.connections,
      // MySQL and Redis work for the service and the peers, and are no disturbance.
      helpers: [process.pid, stage.generator.pid, ...stores],
      replays: rounds * scenario.contestants.length,
    })
    const result = evaluate(scenario, played)
    results.push(result)
    printResult(result)
  }
  return results
}

async function setTheStage(profile: Profile): Promise<Stage> {
  const log = join(temporaryFolder(), 'peers.log')
  const generator = startNode(
    { script: join(import.meta.dirname, 'generator.ts'), core: cores.generator, log },
    { talks: true },
  )
  const env = {
    ...profile.env,
    // What tokens are checked against, so that the bench can sign some.
    PUBLIC_URL: 'http://holocron.test',
    ARGON2_MEMORY_KIB: String(argon2.memoryKib),
    ARGON2_ITERATIONS: String(argon2.iterations),
    ARGON2_PARALLELISM: String(argon2.parallelism),
    ARGON2_THREADS: String(argon2.threads),
  }
  const results = join(import.meta.dirname, 'results')
  const nodeOptions = options['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${results}`] : []
  const service = await startService({ profile: { ...profile, env }, script, nodeOptions })
  const account = await openAccount(service)
  const keys = await keysOf(env)
  const database = profile.env.DATABASE_URL
  const limits = { enoughSeconds: seconds * 3, limitSeconds: seconds * 10 + 60 }
  const stage: Stage = { service, account, keys, peers: [], generator, database, log, ...limits }
  if (!options.peers) return stage
  const { body } = await capture(service.url + FILMS, await bearerOf(stage))
  return { ...stage, peers: await startPeers(profile, account, body, log) }
}

function printStartUp(first: number, again: number): void {
  for (const [title, milliseconds] of [['empty folder', first] as const, ['existing data', again] as const]) {
    const title44 = `start to first answer, ${title}`.padEnd(44)
    console.log(
      `${title44}${milliseconds.toFixed(0).padStart(5)} ms   at most ${START_REACH_MS} ms: ${verdict(milliseconds <= START_REACH_MS)}`,
    )
  }
}

function whole(text: string, name: string, most: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new Error(`${name}: a whole number from 1 to ${most}`)
  return number
}

await toTheEnd(bench)
