/** Reads what is new once for all readers of this process, and hands each event to those whose it is. */
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { boundedQueue } from '../../http/load-shedding/bounded-queue.ts'
import type { ChangeEventEntry } from '../events/serialize.ts'
import { frameOf } from './frames.ts'
import { type FeedStream, openStream, PAGE_SIZE, type Page, type StreamOptions, type StreamSource } from './stream.ts'

export interface HandOut {
  /** @param userId only the events of this user; undefined: all */
  open(userId: number | undefined, options: StreamOptions, closed: () => void): FeedStream
  /** What has been handed out: undefined before the first reader. */
  position(): number | undefined
  /** To be called again and again: checks all streams, goes on where the database was away, and ends what nobody needs. @param now of performance.now() (ms) */
  check(now: number): void
  /** Ends all streams. */
  close(): void
}

/** Events read at once for all readers. */
const BATCH_SIZE = 500

/** Readers that come back all at once must not fill the database's queue. */
const READS_MAX = 4

/** While somebody listens, each change costs more: it ends so long after the last reader has left (ms). */
const IDLE_MS = 60_000

export function createHandOut({ changeEvents, log }: FastifyInstance): HandOut {
  const streams = new Map<number | undefined, Set<FeedStream>>()
  const reads = boundedQueue(READS_MAX, Infinity)
  let handedOut: number | undefined
  let newest = 0
  let isHandingOut = false
  let starting: Promise<number> | undefined
  let stopListening: (() => void) | undefined
  let isFailing = false
  let readAt = 0

  function failed(err: unknown): void {
    if (!isFailing) log.warn({ err }, 'live feed cannot read change events, retrying')
    isFailing = true
  }

  function heard(position: number): void {
    newest = Math.max(newest, position)
    void handOut()
  }

  /** Subscribes on first use. */
  async function begin(): Promise<number> {
    if (handedOut !== undefined) return handedOut
    stopListening ??= changeEvents.onNew(heard)
    starting ??= changeEvents.head().finally(() => {
      starting = undefined
    })
    const head = await starting
    handedOut ??= head
    void handOut()
    return handedOut
  }

  async function handOut(): Promise<void> {
    if (isHandingOut) return
    isHandingOut = true
    try {
      while (handedOut !== undefined && handedOut < newest) await handOutAfter(handedOut)
    } catch (error) {
      failed(error)
    }
    isHandingOut = false
  }

  async function handOutAfter(position: number): Promise<void> {
    const until = newest
    const entries = streams.size === 0 ? [] : await changeEvents.after(position, BATCH_SIZE)
    isFailing = false
    // Without a pause in between, in which a reader could catch up: it would get neither these nor what is next.
    for (const entry of entries) give(entry)
    handedOut = Math.max(entries.length < BATCH_SIZE ? until : position, entries.at(-1)?.position ?? 0)
  }

  async function readPage(position: number, userId: number | undefined): Promise<Page> {
    // SQLite answers at once: other requests must get their turn.
    await turn()
    const page = { handedOut: handedOut ?? 0, entries: await changeEvents.after(position, PAGE_SIZE, userId) }
    // Asked afterwards: the clean-up may have been at it meanwhile.
    return { ...page, isComplete: await changeEvents.isKept(position) }
  }

  function give(entry: ChangeEventEntry): void {
    let frame: Buffer | undefined
    for (const readers of [streams.get(entry.user_id), streams.get(undefined)])
      for (const stream of readers ?? []) {
        frame ??= Buffer.from(frameOf(entry))
        stream.give(entry, frame)
      }
  }

  function stopIfIdle(now: number): void {
    if (streams.size > 0) readAt = now
    if (handedOut === undefined || isHandingOut || now - readAt < IDLE_MS) return
    stopListening?.()
    stopListening = undefined
    handedOut = undefined
  }

  function* all() {
    for (const readers of streams.values()) yield* readers
  }

  function remove(userId: number | undefined, stream: FeedStream): void {
    const readers = streams.get(userId)
    readers?.delete(stream)
    if (readers?.size === 0) streams.delete(userId)
  }

  return {
    open(userId, options, closed) {
      const source: StreamSource = {
        begin,
        handedOut: () => handedOut ?? 0,
        isKept: position => reads.run(() => changeEvents.isKept(position)),
        readPage: position => reads.run(() => readPage(position, userId)),
        failed,
        closed() {
          remove(userId, stream)
          closed()
        },
      }
      const stream = openStream(source, options)
      const readers = streams.get(userId) ?? new Set()
      streams.set(userId, readers.add(stream))
      return stream
    },
    position: () => handedOut,
    check(now) {
      void handOut()
      for (const stream of all()) stream.check(now)
      stopIfIdle(now)
    },
    close() {
      stopListening?.()
      for (const stream of all()) stream.end()
    },
  }
}
