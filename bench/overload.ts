/**
 * `npm run bench:overload`: five times as many requests as there is capacity for. How much useful work is still done, how soon are the others refused, what
 * happens to memory, how soon is all as before? And do readers notice?
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openDatabase } from '../sql/connection/database.ts'
import { type Answer, call } from './client.ts'
import { emailOf, fill, PASSWORD, sessionId, userId } from './loader.ts'
import { percentile } from './measure.ts'
import { pinThisProcess, toTheEnd } from './processes.ts'
import { real } from './real-profile.ts'
import { verdict, writeResults } from './report.ts'
import { argon2 } from './scenarios.ts'
import { type Service, startService } from './service.ts'
import { type Keys, keysOf } from './tokens.ts'

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    times: { type: 'string', default: '5' },
    publish: { type: 'boolean', default: false },
  },
})
const SECONDS = Number(options.seconds)
const TIMES = Number(options.times)
/** Who asks at a time while the capacity is measured: enough to keep all threads and connections busy. */
const CALLERS = 16
/** Requests under way at most, as a proxy in front would let through; what comes beyond them is not sent, and counted. */
const UNDER_WAY = 1_000
const USERS = 150_000
/** Protected reads a second meanwhile. */
const READS = 100
const REACH = { useful: 0.9, refusal: 50, recovery: 2, reads: 50 }

/** When (ms since the flood began) a request was sent, how long its answer took (ms), and what it was. */
interface Outcome {
  at: number
  took: number
  status: number
  retryAfter: boolean
}

type Work = (index: number) => Promise<Answer>

await toTheEnd(async () => {
  pinThisProcess()
  const profile = await real(process.env)
  Object.assign(profile.env, {
    PUBLIC_URL: 'http://holocron.test',
    ARGON2_THREADS: String(argon2.threads),
    ADDRESS_ATTEMPTS_MAX: '1000000000',
  })
  const service = await startService({ profile })
  const cost = { memoryCost: argon2.memoryKib, timeCost: argon2.iterations, parallelism: argon2.parallelism }
  const db = await openDatabase(profile.env.DATABASE_URL ?? '')
  await fill(db, USERS, cost).finally(() => db.destroy())
  const keys = await keysOf(profile.env)

  const floods = [
    await flood('logins', service, keys, index =>
      call(service, 'POST', '/users/v1/login', { payload: { email: emailOf(odd(index)), password: PASSWORD } }),
    ),
    await flood('rotations', service, keys, index => {
      const token = keys.refresh({ sid: sessionId(index), user_id: userId(index), gen: 1 })
      return call(service, 'POST', '/users/v1/generate_tokens', { token, payload: {} })
    }),
  ]
  writeResults('overload', options.publish, { settings: { seconds: SECONDS, times: TIMES }, floods })
})

/** Those whose address is proved. */
function odd(index: number): number {
  return (index * 2 + 1) % USERS
}

async function flood(name: string, service: Service, keys: Keys, work: Work) {
  let next = 0
  const one = () => timed(() => work(next++), performance.now())
  await closedLoop(one, SECONDS / 5)
  const calm = await closedLoop(one, SECONDS / 2)
  const capacity = usefulRate(calm, SECONDS / 2)
  const normal = percentile(
    (await closedLoop(one, SECONDS / 10, 1)).map(each => each.took),
    0.5,
  )

  const memory = watchMemory(service.pid)
  const startedAt = performance.now()
  const readers = read(service, keys, startedAt)
  const outcomes = await openLoop(() => timed(() => work(next++), startedAt), capacity * TIMES)
  const recovery = await recovered(one, normal, outcomes.ended)
  await outcomes.drained()
  const reads = await readers.stop()
  const result = summary(outcomes.answers, reads, { capacity, normal, recovery, memory: memory.stop() })
  print(name, result, outcomes)
  return { name, ...result, notSent: outcomes.notSent }
}

async function timed(request: () => Promise<Answer>, since: number): Promise<Outcome> {
  const at = performance.now() - since
  try {
    const { status, headers, milliseconds } = await request()
    return { at, took: milliseconds, status, retryAfter: headers['retry-after'] !== undefined }
  } catch {
    return { at, took: performance.now() - since - at, status: 0, retryAfter: false }
  }
}

/** Each caller sends the next request when it has its answer. */
async function closedLoop(one: () => Promise<Outcome>, seconds: number, callers = CALLERS): Promise<Outcome[]> {
  const until = performance.now() + seconds * 1000
  const outcomes: Outcome[] = []
  const caller = async () => {
    while (performance.now() < until) outcomes.push(await one())
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return outcomes
}

interface Flood {
  /** Grows until all have drained. */
  answers: Outcome[]
  offered: number
  notSent: number
  ended: number
  drained(): Promise<void>
}

/** Requests come at this rate (a second), whatever becomes of those before. */
async function openLoop(one: () => Promise<Outcome>, rate: number): Promise<Flood> {
  const answers: Outcome[] = []
  const started = performance.now()
  let [due, underWay, notSent] = [0, 0, 0]
  while (performance.now() - started < SECONDS * 1000) {
    const now = ((performance.now() - started) / 1000) * rate
    for (; due < now; due++) {
      if (underWay >= UNDER_WAY) {
        notSent++
        continue
      }
      underWay++
      void one().then(outcome => {
        underWay--
        answers.push(outcome)
      })
    }
    await pause(1)
  }
  const ended = performance.now()
  return {
    answers,
    offered: due,
    notSent,
    ended,
    async drained() {
      while (underWay > 0 && performance.now() - ended < 30_000) await pause(1)
    },
  }
}

/** A caller of a protected read, a steady number of times a second. */
function read(service: Service, keys: Keys, startedAt: number) {
  const token = keys.access({ sid: sessionId(USERS - 1), user_id: userId(USERS - 1) })
  const reads: Promise<Outcome>[] = []
  const timer = setInterval(() => {
    reads.push(timed(() => call(service, 'GET', '/films/v1/', { token }), startedAt))
  }, 1000 / READS)
  return {
    async stop() {
      clearInterval(timer)
      return Promise.all(reads)
    },
  }
}

/** Seconds since the flood's end until three requests in a row are answered nearly as quickly as before the flood. */
async function recovered(one: () => Promise<Outcome>, normal: number, since: number): Promise<number> {
  let good = 0
  while (good < 3 && performance.now() - since < 30_000) {
    const { status, took } = await one()
    good = status === 200 && took < normal * 1.5 + 5 ? good + 1 : 0
  }
  return (performance.now() - since) / 1000
}

function watchMemory(pid: number) {
  const samples: number[] = []
  const timer = setInterval(() => samples.push(residentMib(pid)), 200)
  return {
    stop(): number[] {
      clearInterval(timer)
      return samples
    },
  }
}

function residentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

function usefulRate(outcomes: Outcome[], seconds: number): number {
  return outcomes.filter(({ status }) => status === 200).length / seconds
}

interface Calm {
  capacity: number
  normal: number
  recovery: number
  memory: number[]
}

function summary(answers: Outcome[], reads: Outcome[], calm: Calm) {
  const refused = answers.filter(({ status, retryAfter }) => status === 503 && retryAfter)
  const useful = answers.filter(({ status, at, took }) => status === 200 && at + took < SECONDS * 1000)
  const took = (all: Outcome[], part: number) =>
    percentile(
      all.map(each => each.took),
      part,
    )
  const statuses = Object.groupBy(answers, ({ status }) => status)
  return {
    ...calm,
    useful: useful.length / SECONDS,
    usefulTook: { p50: took(useful, 0.5), p99: took(useful, 0.99) },
    refused: refused.length,
    refusedTook: { p50: took(refused, 0.5), p99: took(refused, 0.99) },
    reads: {
      p50: took(reads, 0.5),
      p99: took(reads, 0.99),
      failed: reads.filter(({ status }) => status !== 200).length,
    },
    answers: Object.fromEntries(Object.entries(statuses).map(([status, all]) => [status, all?.length ?? 0])),
    perSecond: Array.from(
      { length: SECONDS },
      (_, second) => useful.filter(({ at, took }) => Math.floor((at + took) / 1000) === second).length,
    ),
  }
}

function print(
  name: string,
  result: ReturnType<typeof summary>,
  { offered, notSent }: { offered: number; notSent: number },
): void {
  const { capacity, useful, usefulTook, refusedTook, recovery, normal, memory, reads } = result
  const kept = useful / capacity
  const half = Math.floor(memory.length / 2)
  const most = (samples: number[]) => Math.max(...samples).toFixed(0)
  console.log(
    `\n${name}: capacity ${capacity.toFixed(1)}/s, asked for ${(offered / SECONDS).toFixed(1)}/s for ${SECONDS} s${notSent > 0 ? ` (${notSent} of them could not be sent)` : ''}`,
  )
  console.log(
    `  answers by status: ${JSON.stringify(result.answers)}; useful in each second: ${result.perSecond.join(' ')}`,
  )
  console.log(
    `  useful ${useful.toFixed(1)}/s, ${(kept * 100).toFixed(0)} % of capacity; at least ${REACH.useful * 100} %: ${verdict(kept >= REACH.useful)} (they took p50 ${usefulTook.p50.toFixed(0)}, p99 ${usefulTook.p99.toFixed(0)} ms)`,
  )
  console.log(
    `  refused with 503 and Retry-After: ${result.refused}, p50 ${refusedTook.p50.toFixed(1)}, p99 ${refusedTook.p99.toFixed(1)} ms; within ${REACH.refusal} ms: ${verdict(refusedTook.p99 <= REACH.refusal)}`,
  )
  console.log(
    `  normal again (${normal.toFixed(1)} ms) after ${recovery.toFixed(2)} s; within ${REACH.recovery} s: ${verdict(recovery <= REACH.recovery)}`,
  )
  console.log(
    `  memory at most ${most(memory.slice(0, half))} MiB in the first half, ${most(memory.slice(half))} in the second`,
  )
  console.log(
    `  protected reads meanwhile: p50 ${reads.p50.toFixed(1)}, p99 ${reads.p99.toFixed(1)} ms, ${reads.failed} failed; p99 under ${REACH.reads} ms: ${verdict(reads.p99 < REACH.reads && reads.failed === 0)}`,
  )
}
