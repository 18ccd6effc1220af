/** Hands all events to one consumer, in order and at least once: by one process at a time, which holds a lease, from where the last one stopped. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import { expiredPosition, moveCursor, readCursor } from '#sql/change-positions.ts'
import { releaseLease, renewLease, takeLease } from '#sql/leases.ts'
import type { Tables } from '#sql/tables.ts'
import { backOff } from './back-off.ts'
import type { ChangeEventEntry } from './serialize.ts'

export interface ConsumerOptions {
  /** Its cursor and lease; at most 50 characters. */
  name: string
  /** Events per call of `deliver`. */
  batchSize?: number
  /**
   * Takes the events over. If it rejects, the same events come again, after a pause that grows; so do those of a process that dies.
   * @param signal aborts if the process stops or another one has taken over
   */
  deliver(entries: ChangeEventEntry[], signal: AbortSignal): Promise<void>
  /** While this is false, another process may take over, which perhaps reaches what this one does not. */
  isAble?(): boolean
}

interface Source {
  db: Kysely<Tables>
  log: FastifyBaseLogger
  after(position: number, limit: number): Promise<ChangeEventEntry[]>
  head(): Promise<number>
  onNew(listener: () => void): () => void
}

/** Another process takes over this long after the last sign of life. */
const LEASE_MS = 15_000
const RENEWAL_MS = 5_000
const IDLE_MS = 1_000
const RETRY_MAX_MS = 30_000

/** @returns ends it, once the delivery under way is over or has been aborted */
export function startConsumer(
  source: Source,
  { name, batchSize = 100, deliver, isAble = () => true }: ConsumerOptions,
): () => Promise<void> {
  const { db, log, after, head, onNew } = source
  const lease = `events.${name}`
  const stopping = new AbortController()
  /** Of the database, in a row. */
  let failures = 0
  let hasNews = false
  let woken = () => {}
  const stopListening = onNew(() => {
    hasNews = true
    woken()
  })
  const running = run()

  /** Ends early when the consumer stops. */
  const wait = (ms: number, signal = stopping.signal) => pause(ms, undefined, { signal }).catch(() => {})

  async function waitForNews(): Promise<void> {
    if (hasNews) return
    const news = new AbortController()
    woken = () => news.abort()
    await wait(IDLE_MS, AbortSignal.any([news.signal, stopping.signal]))
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const until = Date.now() + LEASE_MS
      const isOurs = await takeLease(db, lease, until).catch(failed)
      if (isOurs) await hold(until)
      if (failures > 0) await wait(backOff(failures, RETRY_MAX_MS))
      else if (!isOurs || !isAble()) await wait(RENEWAL_MS)
    }
  }

  /** Delivers until the lease is lost, or the process stops. */
  async function hold(taken: number): Promise<void> {
    let until = taken
    const lost = new AbortController()
    const signal = AbortSignal.any([lost.signal, stopping.signal])
    const timer = setInterval(async () => {
      if (!isAble()) return lost.abort()
      const next = Date.now() + LEASE_MS
      const isRenewed = await renewLease(db, lease, until, next).catch(failed)
      if (isRenewed) until = next
      // A database that does not answer is no reason to stop before the lease is over.
      else if (isRenewed === false || Date.now() > until) lost.abort()
    }, RENEWAL_MS)
    await deliverAll(signal).catch(failed)
    clearInterval(timer)
    await releaseLease(db, lease, until).catch(failed)
  }

  async function deliverAll(signal: AbortSignal): Promise<void> {
    let position = await readCursor(db, name, await head())
    const expired = await expiredPosition(db)
    if (position < expired)
      log.warn({ consumer: name, position, expired }, 'change events have expired before they were delivered')
    for (let refusals = 0; !signal.aborted; ) {
      hasNews = false
      const entries = await after(position, batchSize)
      failures = 0
      const last = entries.at(-1)?.position
      if (last === undefined) {
        await waitForNews()
        continue
      }
      try {
        await deliver(entries, signal)
      } catch (err) {
        if (signal.aborted) return
        if (refusals === 0) log.warn({ err, consumer: name }, 'change events not delivered, retrying')
        await wait(backOff(refusals++, RETRY_MAX_MS))
        continue
      }
      refusals = 0
      // Another process is further: it has taken over.
      if (!(await moveCursor(db, name, position, last))) return
      position = last
    }
  }

  function failed(err: unknown): undefined {
    if (!stopping.signal.aborted && failures === 0)
      log.warn({ err, consumer: name }, 'change events not read, retrying')
    failures++
    return undefined
  }

  return async () => {
    stopListening()
    stopping.abort()
    await running
  }
}
