/**
 * `npm run bench:revocation`: how soon a logout on one instance is refused by the others, under load; and what a million revoked sessions cost in memory and
 * in the protected read.
 */
import { randomUUIDv7 } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { openDatabase } from '../sql/connection/database.ts'
import { call } from './client.ts'
import type { Load, LoadResult } from './generator.ts'
import type { Heap } from './heap-probe.ts'
import { fill, sessionId, userId } from './loader.ts'
import { alternate, median, medians, percentile } from './measure.ts'
import { ask, cores, pinThisProcess, startNode, temporaryFolder, toTheEnd } from './processes.ts'
import { real } from './real-profile.ts'
import { verdict, writeResults } from './report.ts'
import { type Profile, type Service, startService } from './service.ts'
import { type Keys, keysOf } from './tokens.ts'

const { values: options } = parseArgs({
  options: {
    logouts: { type: 'string', default: '1000' },
    entries: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    publish: { type: 'boolean', default: false },
  },
})
const LOGOUTS = Number(options.logouts)
const ENTRIES = Number(options.entries)
const INSTANCES = 4
/** Protected reads a second that each instance answers meanwhile. */
const LOAD = 250
const REACH = { p99: 10, bytes: 150, slower: 1.03 }
const FILMS = '/films/v1/'

async function measureLogouts(profile: Profile, keys: Keys) {
  const first = await startService({ profile, core: cores.any })
  const others = Array.from({ length: INSTANCES - 1 }, () => startService({ profile, core: cores.any }))
  const services = [first, ...(await Promise.all(others))]
  const db = await openDatabase(profile.env.DATABASE_URL ?? '')
  await fill(db, LOGOUTS).finally(() => db.destroy())

  const load = underLoad(services, keys)
  const delays: number[] = []
  let refusedAtOnce = 0
  for (let index = 0; index < LOGOUTS; index++) {
    const token = keys.access({ sid: sessionId(index), user_id: userId(index) })
    const here = services[index % INSTANCES] as Service
    const elsewhere = services.filter(service => service !== here)
    for (const service of elsewhere) await expect(service, 'GET', FILMS, token, 200)
    await expect(here, 'POST', '/users/v1/logout', token, 200)
    const answered = performance.now()
    await Promise.all(
      elsewhere.map(async service => {
        let tries = 1
        while ((await call(service, 'GET', FILMS, { token })).status !== 401) tries++
        delays.push(performance.now() - answered)
        if (tries === 1) refusedAtOnce++
      }),
    )
  }
  const reads = await load.stop()
  await Promise.all(services.map(service => service.stop()))
  const at = (part: number) => percentile(delays, part)
  const result = {
    instances: INSTANCES,
    logouts: LOGOUTS,
    refusals: delays.length,
    refusedAtOnce,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
    reads,
  }
  const milliseconds = (value: number) => `${value.toFixed(2)} ms`
  console.log(`\n${LOGOUTS} logouts, refused by ${INSTANCES - 1} other instances each, under ${LOAD} reads/s on each:`)
  console.log(
    `  from the answer to the refusal's answer: p50 ${milliseconds(result.p50)}, p90 ${milliseconds(result.p90)}, p99 ${milliseconds(result.p99)}, max ${milliseconds(result.max)}`,
  )
  console.log(
    `  p99 under ${REACH.p99} ms: ${verdict(result.p99 < REACH.p99)}; the very first request was refused in ${refusedAtOnce} of ${delays.length}`,
  )
  return result
}

/** Keeps every instance busy with protected reads. */
function underLoad(services: Service[], keys: Keys) {
  const log = join(temporaryFolder(), 'generators.log')
  const script = join(import.meta.dirname, 'generator.ts')
  const generators = services.map(() => startNode({ script, core: cores.any, log }, { talks: true }))
  const seconds = 600
  const loads = services.map(({ url }, index) => {
    const authorization = `Bearer ${keys.access({ sid: randomUUIDv7(), user_id: randomUUIDv7() })}`
    const load: Load = {
      url: url + FILMS,
      method: 'GET',
      headers: { authorization },
      connections: 8,
      amount: LOAD * seconds,
      rate: LOAD,
      expect: { status: 200 },
      enoughSeconds: seconds,
      limitSeconds: seconds,
    }
    const read = ask<LoadResult>(generators[index] as (typeof generators)[number], load, seconds + 60)
    // Looked at in the end; until then a failure of another part is the one to be told.
    read.catch(() => {})
    return read
  })
  return {
    async stop() {
      for (const generator of generators) generator.kill('SIGUSR2')
      return Promise.all(loads)
    },
  }
}

async function measureMap(profile: Profile, keys: Keys) {
  const probe = join(import.meta.dirname, 'heap-probe.ts')
  const start = (prefix: string) =>
    startService({
      profile: { ...profile, env: { ...profile.env, REDIS_PREFIX: `${profile.env.REDIS_PREFIX}${prefix}:` } },
      nodeOptions: ['--expose-gc', '--import', probe],
      talks: true,
    })
  const empty = await start('empty')
  const full = await start('full')
  const heapOf = async () => (await ask<Heap>(full.child, {})).bytes
  const before = await heapOf()
  await announce(profile, `${profile.env.REDIS_PREFIX}full:revocations`)
  while ((await entriesOf(full)) < ENTRIES) await new Promise(resolve => setTimeout(resolve, 100))
  const bytes = ((await heapOf()) - before) / ENTRIES
  console.log(
    `\n${ENTRIES.toLocaleString('en')} live entries: ${bytes.toFixed(1)} bytes each; at most ${REACH.bytes}: ${verdict(bytes <= REACH.bytes)}`,
  )

  pinThisProcess()
  const log = join(temporaryFolder(), 'generator.log')
  const generator = startNode(
    { script: join(import.meta.dirname, 'generator.ts'), core: cores.generator, log },
    { talks: true },
  )
  const contestants = [
    { name: 'no entries', service: empty },
    { name: 'full map', service: full },
  ].map(({ name, service }) => {
    const seconds = Number(options.seconds)
    return {
      name,
      pid: service.pid,
      run: (amount: number) => {
        const authorization = `Bearer ${keys.access({ sid: randomUUIDv7(), user_id: randomUUIDv7() })}`
        const load: Load = {
          url: service.url + FILMS,
          method: 'GET',
          headers: { authorization },
          connections: 64,
          amount,
          expect: { status: 200 },
          enoughSeconds: seconds * 3,
          limitSeconds: seconds * 10 + 60,
        }
        return ask<LoadResult>(generator, load, seconds * 10 + 70)
      },
    }
  })
  const rounds = await alternate(contestants, {
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
    connections: 64,
    helpers: [process.pid, generator.pid],
    replays: 0,
  })
  const costs = (name: string) => (rounds.get(name) ?? []).map(round => round.cpuPerRequest)
  const slower = median(costs('full map')) / median(costs('no entries'))
  for (const name of rounds.keys()) {
    console.log(
      `  CPU µs/read, ${name}: ${median(costs(name)).toFixed(1)} (rounds: ${costs(name)
        .map(cost => cost.toFixed(1))
        .join(', ')})`,
    )
  }
  console.log(`  full ÷ empty: ${slower.toFixed(3)}; at most ${REACH.slower}: ${verdict(slower <= REACH.slower)}`)
  return {
    entries: ENTRIES,
    bytesPerEntry: bytes,
    slower,
    rounds: Object.fromEntries(rounds),
    medians: Object.fromEntries([...rounds].map(([name, each]) => [name, medians(each)])),
  }
}

/** Tells an instance of revoked sessions as another instance would. */
async function announce(profile: Profile, channel: string): Promise<void> {
  const redis = new Redis(profile.env.REDIS_URL ?? '')
  for (let sent = 0; sent < ENTRIES; sent += 1000) {
    const batch = redis.pipeline()
    for (let i = sent; i < Math.min(sent + 1000, ENTRIES); i++) batch.publish(channel, `${randomUUIDv7()} Infinity`)
    await batch.exec()
  }
  await redis.quit()
}

async function entriesOf({ url }: Service): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^holocron_revocation_entries (\S+)/m.exec(metrics)?.[1])
}

async function expect(service: Service, method: string, path: string, token: string, status: number): Promise<void> {
  const answer = await call(service, method, path, { token })
  if (answer.status !== status) throw new Error(`${method} ${path} answered ${answer.status} instead of ${status}`)
}

await toTheEnd(async () => {
  const profile = await real(process.env)
  profile.env.PUBLIC_URL = 'http://holocron.test'
  const keys = await keysOf(profile.env)
  const latency = await measureLogouts(profile, keys)
  const map = await measureMap(profile, keys)
  writeResults('revocation', options.publish, { latency, map })
})
