import { Readable } from 'node:stream'
import type { ChangeLog } from './change-log.ts'
import type { Entry } from './generation-table.ts'

/** Where a stream reads. */
export interface FeedSource {
  /** All entries of the map. */
  entries(): Iterable<Entry>
  /** Seconds since 1970. */
  notBefore(): number
  /** Of the map (ms). */
  staleness(): number
  /** Of access tokens (s). */
  tokenLifetime: number
  log: ChangeLog
  /** Names this process's log: a position in another one means nothing. */
  epoch: string
  mayRead(): boolean
  closed(): void
}

export interface FeedStream {
  readable: Readable
  /** There may be something to send. */
  wake(): void
  /** Tells the reader that it is up to date, once it is. */
  beat(): void
  end(): void
}

/** Entries in an event. */
const ENTRIES_MAX = 1000

/** How long a reader may take for all entries (ms): meanwhile it keeps the tables in memory that it began with. */
const SNAPSHOT_MAX_MS = 120_000

/** Bytes that wait for a reader besides those in its socket. */
const BUFFER_BYTES = 65_536

/** One reader's events. Each is made when the reader has taken those before it, so a slow one costs no memory. */
export function openFeedStream(source: FeedSource, lastPosition: number | undefined): FeedStream {
  const { log } = source
  const resumed = lastPosition !== undefined && log.covers(lastPosition)
  let position = lastPosition ?? -1
  let snapshot: { entries: Iterator<Entry>; until: number } | undefined
  let notBefore = 0
  let isBeatDue = true
  let isWanted = false
  let isBegun = false

  const readable = new Readable({
    highWaterMark: BUFFER_BYTES,
    read() {
      isWanted = true
      // After a pause: the many events of a snapshot must not keep others waiting.
      if (snapshot) setImmediate(wake)
      else wake()
    },
    destroy(error, done) {
      source.closed()
      done(error)
    },
  })

  function wake(): void {
    if (!isWanted || readable.destroyed) return
    if (!source.mayRead()) return end()
    const event = nextEvent()
    if (event === undefined) return
    isWanted = false
    readable.push(event)
  }

  function nextEvent(): string | undefined {
    if (!isBegun) return begin()
    if (source.notBefore() > notBefore) {
      notBefore = source.notBefore()
      return `event: revoked\ndata: * ${notBefore}\n\n`
    }
    const entries = nextEntries()
    if (entries.length > 0) return `event: revoked\n${entries.map(lineOf).join('')}\n`
    if (!isBeatDue) return undefined
    isBeatDue = false
    const data = { time: now(), staleness: Math.round(source.staleness()) }
    return `event: current\nid: ${source.epoch}.${position}\ndata: ${JSON.stringify(data)}\n\n`
  }

  function begin(): string {
    isBegun = true
    const data = { resumed, token_lifetime: source.tokenLifetime, time: now() }
    return `event: begin\ndata: ${JSON.stringify(data)}\n\n`
  }

  function nextEntries(): Entry[] {
    if (!snapshot && !log.covers(position)) {
      position = log.end()
      snapshot = { entries: source.entries()[Symbol.iterator](), until: performance.now() + SNAPSHOT_MAX_MS }
      isBeatDue = true
    }
    if (snapshot) {
      const entries = take(snapshot.entries, ENTRIES_MAX)
      if (entries.length > 0) return entries
      snapshot = undefined
      // A reader that took too long has missed changes.
      return nextEntries()
    }
    const entries = log.read(position, ENTRIES_MAX)
    position += entries.length
    return entries
  }

  function end(): void {
    isWanted = false
    readable.push(null)
  }

  return {
    readable,
    wake,
    beat() {
      isBeatDue = true
      const isTooSlow = snapshot !== undefined && performance.now() > snapshot.until
      // It takes nothing, and so would not see an end either.
      if (isTooSlow || (!isWanted && !source.mayRead())) readable.destroy()
      else wake()
    },
    end,
  }
}

function take(entries: Iterator<Entry>, max: number): Entry[] {
  const taken: Entry[] = []
  while (taken.length < max) {
    const { done, value } = entries.next()
    if (done) break
    taken.push(value)
  }
  return taken
}

const now = () => Math.round(performance.now())
const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')

function lineOf({ high, low, generation }: Entry): string {
  return `data: ${hex(high)}${hex(low)} ${generation}\n`
}
