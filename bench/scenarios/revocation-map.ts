/** What a million revoked sessions cost: memory per entry, and CPU time of a protected read. */
import { randomUUIDv7 } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { describeGoal } from '../harness/goals.ts'
import type { Heap } from '../harness/heap-probe.ts'
import { drive, startLoadGenerator, timeLimits } from '../harness/load.ts'
import { ask } from '../harness/messages.ts'
import { FILMS } from '../harness/peers.ts'
import { type Child, pinThisProcess } from '../harness/processes.ts'
import type { Profile } from '../harness/profiles.ts'
import { alternate, medians, type Target } from '../harness/rounds.ts'
import { type Service, startService } from '../harness/service.ts'
import { spread } from '../harness/statistics.ts'
import { type Signer, strangerSession } from '../harness/tokens.ts'

const CONNECTIONS = 64
const GOALS = { bytes: { atMost: 150 }, slower: { atMost: 1.03 } }
const EMPTY = 'no entries'
const FULL = 'full map'

interface Options {
  entries: number
  rounds: number
  seconds: number
}

export async function measureMap(profile: Profile, signer: Signer, { entries, rounds, seconds }: Options) {
  const empty = await start(profile, 'empty')
  const full = await start(profile, 'full')
  const heapOf = async () => (await ask<Heap>(full.child, {})).bytes
  const before = await heapOf()
  await publishRevocations(profile, `${profile.env.REDIS_PREFIX}full:revocations`, entries)
  while ((await entriesOf(full)) < entries) await sleep(100)
  const bytes = ((await heapOf()) - before) / entries
  console.log(
    `\n${entries.toLocaleString('en')} live entries: ${bytes.toFixed(1)} bytes each; ${describeGoal(GOALS.bytes, bytes)}`,
  )

  pinThisProcess()
  const generator = startLoadGenerator()
  const targets = [target(EMPTY, empty, signer, generator, seconds), target(FULL, full, signer, generator, seconds)]
  const helpers = [process.pid, generator.pid]
  const played = await alternate(targets, { rounds, seconds, connections: CONNECTIONS, helpers, retries: 0 })
  const results = [...played].map(([name, each]) => {
    const { cpuPerRequest, requestsPerSecond, p50, p99 } = medians(each)
    return {
      name,
      cpuPerRequest,
      cpuSpread: spread(each.map(round => round.cpuPerRequest)),
      requestsPerSecond,
      p50,
      p99,
    }
  })
  const cpu = (name: string) => results.find(result => result.name === name)?.cpuPerRequest ?? Number.NaN
  const slower = cpu(FULL) / cpu(EMPTY)
  for (const { name, cpuPerRequest, cpuSpread } of results) {
    const [min, max] = cpuSpread.map(value => value.toFixed(1))
    console.log(`  CPU µs/read, ${name}: ${cpuPerRequest.toFixed(1)} (${min} to ${max})`)
  }
  console.log(`  full ÷ empty: ${slower.toFixed(3)}; ${describeGoal(GOALS.slower, slower)}`)
  return { entries, bytesPerEntry: bytes, slower, targets: results, rounds: Object.fromEntries(played) }
}

/** A service with a Redis prefix of its own, whose heap size can be asked for. */
function start(profile: Profile, prefix: string): Promise<Service> {
  const probe = join(import.meta.dirname, '../harness/heap-probe.ts')
  return startService({
    profile: { ...profile, env: { ...profile.env, REDIS_PREFIX: `${profile.env.REDIS_PREFIX}${prefix}:` } },
    nodeOptions: ['--expose-gc', '--import', probe],
    ipc: true,
  })
}

function target(name: string, service: Service, signer: Signer, generator: Child, seconds: number): Target {
  return {
    name,
    pid: service.pid,
    run: amount => {
      const authorization = `Bearer ${signer.access(strangerSession())}`
      return drive(generator, {
        url: service.url + FILMS,
        method: 'GET',
        headers: { authorization },
        connections: CONNECTIONS,
        amount,
        expect: { status: 200 },
        ...timeLimits(seconds),
      })
    },
  }
}

/** As another instance would. */
async function publishRevocations({ env }: Profile, channel: string, entries: number): Promise<void> {
  const redis = new Redis(env.REDIS_URL ?? '')
  for (let sent = 0; sent < entries; sent += 1000) {
    const batch = redis.pipeline()
    for (let i = sent; i < Math.min(sent + 1000, entries); i++) batch.publish(channel, `${randomUUIDv7()} Infinity`)
    await batch.exec()
  }
  await redis.quit()
}

async function entriesOf({ url }: Service): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^holocron_revocation_entries (\S+)/m.exec(metrics)?.[1])
}
