/** A flood: several times as many requests as there is capacity for, with a few protected reads besides. */
import { setTimeout as sleep } from 'node:timers/promises'
import { call, type Response } from '../harness/client.ts'
import { residentMib } from '../harness/cpu.ts'
import { FILMS } from '../harness/peers.ts'
import type { Service } from '../harness/service.ts'
import { percentile } from '../harness/statistics.ts'

/** Concurrent callers while the capacity is measured: enough to keep all threads and connections busy. */
const CALLERS = 16
/** Requests in flight at most, as a proxy in front would allow; those beyond are not sent, and counted. */
const MAX_IN_FLIGHT = 1_000
const READS_PER_SECOND = 100
const DRAIN_TIMEOUT_MS = 30_000

/** A response: when its request was sent, since the flood began (ms), and how long it took (ms). */
interface Outcome {
  at: number
  took: number
  status: number
  retryAfter: boolean
}

interface FloodOptions {
  name: string
  service: Service
  readerToken: string
  /** Sends the request with this number; each is used once. */
  request: (index: number) => Promise<Response>
  seconds: number
  /** The capacity. */
  times: number
}

export type FloodResult = Awaited<ReturnType<typeof flood>>

export async function flood({ name, service, readerToken, request, seconds, times }: FloodOptions) {
  let next = 0
  const one = (since = performance.now()) => timed(() => request(next++), since)
  await closedLoop(one, seconds / 5)
  const calm = await closedLoop(one, seconds / 2)
  const capacity = calm.filter(isUseful).length / (seconds / 2)
  const normal = percentile(tookOf(await closedLoop(one, seconds / 10, 1)), 0.5)

  const memory = every(200, () => residentMib(service.pid))
  const startedAt = performance.now()
  const read = () => timed(() => call(service, 'GET', FILMS, { token: readerToken }), startedAt)
  const reads = every(1000 / READS_PER_SECOND, read)
  const { responses, offered, notSent, endedAt, drained } = await openLoop(
    () => one(startedAt),
    capacity * times,
    seconds,
  )
  const recovery = await secondsToRecover(one, normal, endedAt)
  await drained()
  return {
    name,
    capacity,
    normal,
    recovery,
    offered,
    notSent,
    memory: memory.stop(),
    ...summarize(responses, await Promise.all(reads.stop()), seconds),
  }
}

const isUseful = ({ status }: Outcome) => status === 200
const tookOf = (outcomes: Outcome[]) => outcomes.map(({ took }) => took)

async function timed(request: () => Promise<Response>, since: number): Promise<Outcome> {
  const at = performance.now() - since
  try {
    const { status, headers, milliseconds } = await request()
    return { at, took: milliseconds, status, retryAfter: headers['retry-after'] !== undefined }
  } catch {
    return { at, took: performance.now() - since - at, status: 0, retryAfter: false }
  }
}

/** Each caller sends its next request when it has the response to the previous one. */
async function closedLoop(one: () => Promise<Outcome>, seconds: number, callers = CALLERS): Promise<Outcome[]> {
  const until = performance.now() + seconds * 1000
  const outcomes: Outcome[] = []
  const caller = async () => {
    while (performance.now() < until) outcomes.push(await one())
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return outcomes
}

/** Requests arrive at this rate (per second), whatever happens to earlier ones. `responses` grows until all have drained. */
async function openLoop(one: () => Promise<Outcome>, rate: number, seconds: number) {
  const responses: Outcome[] = []
  const started = performance.now()
  let [offered, inFlight, notSent] = [0, 0, 0]
  const send = async () => {
    inFlight++
    responses.push(await one())
    inFlight--
  }
  while (performance.now() - started < seconds * 1000) {
    const due = ((performance.now() - started) / 1000) * rate
    for (; offered < due; offered++) {
      if (inFlight >= MAX_IN_FLIGHT) notSent++
      else void send()
    }
    await sleep(1)
  }
  const endedAt = performance.now()
  const drained = async () => {
    while (inFlight > 0 && performance.now() - endedAt < DRAIN_TIMEOUT_MS) await sleep(1)
  }
  return { responses, offered, notSent, endedAt, drained }
}

/** Until three requests in a row take about as long as before the flood. */
async function secondsToRecover(one: () => Promise<Outcome>, normal: number, since: number): Promise<number> {
  let good = 0
  while (good < 3 && performance.now() - since < DRAIN_TIMEOUT_MS) {
    const { status, took } = await one()
    good = status === 200 && took < normal * 1.5 + 5 ? good + 1 : 0
  }
  return (performance.now() - since) / 1000
}

/** Collects a sample at an interval. */
function every<Sample>(milliseconds: number, sample: () => Sample) {
  const samples: Sample[] = []
  const timer = setInterval(() => samples.push(sample()), milliseconds)
  return {
    stop(): Sample[] {
      clearInterval(timer)
      return samples
    },
  }
}

function summarize(responses: Outcome[], reads: Outcome[], seconds: number) {
  const rejected = responses.filter(({ status, retryAfter }) => status === 503 && retryAfter)
  const useful = responses.filter(each => isUseful(each) && each.at + each.took < seconds * 1000)
  const took = (all: Outcome[]) => ({ p50: percentile(tookOf(all), 0.5), p99: percentile(tookOf(all), 0.99) })
  const statuses = Object.groupBy(responses, ({ status }) => status)
  const secondOf = ({ at, took }: Outcome) => Math.floor((at + took) / 1000)
  return {
    useful: useful.length / seconds,
    usefulTook: took(useful),
    rejected: rejected.length,
    rejectedTook: took(rejected),
    reads: { ...took(reads), failed: reads.filter(({ status }) => status !== 200).length },
    responses: Object.fromEntries(Object.entries(statuses).map(([status, all]) => [status, all?.length ?? 0])),
    perSecond: Array.from({ length: seconds }, (_, second) => useful.filter(each => secondOf(each) === second).length),
  }
}
