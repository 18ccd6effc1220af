/** Open streams of change events, each of another user: memory of each, from a change until its reader has it, and CPU time of a change beside them. */
import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../sql/connection/database.ts'
import { call } from '../harness/client.ts'
import { cpuMicroseconds, residentMib } from '../harness/cpu.ts'
import { fill, sessionId, userId } from '../harness/fill.ts'
import { describeGoal } from '../harness/goals.ts'
import type { Heap } from '../harness/heap-probe.ts'
import { ask } from '../harness/messages.ts'
import type { Profile } from '../harness/profiles.ts'
import { type Service, startService } from '../harness/service.ts'
import { median, percentile } from '../harness/statistics.ts'
import type { Signer } from '../harness/tokens.ts'

const GOALS = { kibibytes: { atMost: 20 } }

/** Streams that are opened at the same time. */
const BATCH_SIZE = 50

/** For what is opened, sent or closed at last to be over (ms). */
const SETTLE_MS = 1500

/** A heartbeat of each stream. */
const IDLE_MS = 15_000

interface Options {
  connections: number
  changes: number
}

interface Reader {
  request: ClientRequest
  response: IncomingMessage
}

export async function measureLiveFeed(profile: Profile, signer: Signer, { connections, changes }: Options) {
  const probe = join(import.meta.dirname, '../harness/heap-probe.ts')
  const service = await startService({ profile, nodeOptions: ['--expose-gc', '--import', probe], ipc: true })
  const db = await openDatabase(service.env.DATABASE_URL ?? '')
  // The first user is the one whose changes are measured.
  await fill(db, connections + 1).finally(() => db.destroy())
  const tokenOf = (index: number) => signer.access({ sid: sessionId(index), user_id: userId(index) })
  const heap = async () => (await ask<Heap>(service.child, {})).bytes

  await change(service, tokenOf(0), changes)
  const none = await change(service, tokenOf(0), changes)
  const reader = await follow(service, tokenOf(0))
  const one = await change(service, tokenOf(0), changes, reader.response)
  const idleBefore = await idleCpu(service)
  const [heapBefore, residentBefore] = [await heap(), residentMib(service.pid)]
  const readers: Reader[] = []
  for (let first = 1; first <= connections; first += BATCH_SIZE) {
    const indexes = Array.from({ length: Math.min(BATCH_SIZE, connections + 1 - first) }, (_, i) => first + i)
    readers.push(...(await Promise.all(indexes.map(index => follow(service, tokenOf(index))))))
  }
  await sleep(SETTLE_MS)
  const kibibytes = ((await heap()) - heapBefore) / 1024 / connections
  const resident = ((residentMib(service.pid) - residentBefore) * 1024) / connections
  const idle = await idleCpu(service)
  const many = await change(service, tokenOf(0), changes, reader.response)
  for (const { request } of [...readers, reader]) request.destroy()
  await service.stop()

  console.log(`\n${connections} open streams, each of another user:`)
  const verdict = describeGoal(GOALS.kibibytes, kibibytes, limit => `${limit} KiB`)
  console.log(
    `  memory of each: ${kibibytes.toFixed(1)} KiB on the heap, ${resident.toFixed(1)} KiB resident; ${verdict}`,
  )
  const times = (ms: number) => `${ms.toFixed(1)} ms`
  for (const [name, { p50, p99 }] of Object.entries({ 'one stream': one, 'all of them': many }))
    console.log(
      `  ${changes} changes, ${name}: from the request on, seen after ${times(p50)} (p50), ${times(p99)} (p99)`,
    )
  console.log(
    `  CPU µs/change: ${[none, one, many].map(({ cpu }) => cpu.toFixed(0)).join(', ')} with none, one, all of them`,
  )
  console.log(
    `  CPU while nothing changes: ${idleBefore.toFixed(1)} ms/s with one, ${idle.toFixed(1)} ms/s with all of them`,
  )
  return { connections, changes, kibibytes, resident, idleBefore, idle, none, one, many }
}

/** CPU time while nothing happens but checks and heartbeats (ms/s). */
async function idleCpu({ pid }: Service): Promise<number> {
  const before = cpuMicroseconds(pid)
  await sleep(IDLE_MS)
  return (cpuMicroseconds(pid) - before) / IDLE_MS
}

async function follow({ url }: Service, token: string): Promise<Reader> {
  const request = get(`${url}/events/v1/stream`, { agent: false, headers: { authorization: `Bearer ${token}` } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`no stream: ${response.statusCode}`)
  request.on('error', () => {})
  response.on('error', () => {}).setEncoding('utf8')
  while (!String((await once(response, 'data'))[0]).includes('event: begin'));
  response.resume()
  return { request, response }
}

/** Changes a user's profile again and again, each time once the change has been seen. */
async function change(service: Service, token: string, count: number, reader?: IncomingMessage) {
  const latencies: number[] = []
  const path = `/users/v1/${userId(0)}`
  const before = cpuMicroseconds(service.pid)
  const startedAt = performance.now()
  for (let n = 0; n < count; n++) {
    const sentAt = performance.now()
    const seen = reader && once(reader, 'data').then(() => latencies.push(performance.now() - sentAt))
    const { status, body } = await call(service, 'PATCH', path, { token, payload: { first_name: `Trooper ${sentAt}` } })
    if (status !== 200) throw new Error(`unexpected response: ${status} ${body}`)
    await seen
  }
  const cpu = (cpuMicroseconds(service.pid) - before) / count
  const changesPerSecond = (count * 1000) / (performance.now() - startedAt)
  return { p50: median(latencies), p99: percentile(latencies, 0.99), cpu, changesPerSecond }
}
