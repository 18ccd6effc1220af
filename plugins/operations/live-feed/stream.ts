/** One reader's events: handed to it as they happen, or read from the database page by page while it is behind. No more than a page waits for it. */
import { Readable } from 'node:stream'
import type { ChangeEventEntry } from '../events/serialize.ts'
import { channelOf, frame, frameOf } from './frames.ts'

export interface FeedStream {
  readable: Readable
  /** Hands over an event of the reader's, in order. @param frame the event as it is sent */
  give(entry: ChangeEventEntry, frame: Buffer): void
  /** To be called again and again. @param now of performance.now() (ms) */
  check(now: number): void
  end(): void
}

export interface StreamSource {
  /** The position up to which events have been handed out: later ones will be. Once known, it is returned at once. */
  begin(): Promise<number>
  handedOut(): number
  isKept(position: number): Promise<boolean>
  readPage(position: number): Promise<Page>
  failed(error: unknown): void
  closed(): void
}

/** The reader's events after a position. */
export interface Page {
  /** Fewer than PAGE_SIZE if there are no more. */
  entries: ChangeEventEntry[]
  /** What was handed out when it was read: all of that it has seen. */
  handedOut: number
  /** False if events after the position have expired. */
  isComplete: boolean
}

export interface StreamOptions {
  lastEventId?: string | undefined
  /** Undefined: all. */
  channels?: ReadonlySet<string> | undefined
  mayRead(): boolean
}

/** Events read at once: 16 KiB. */
export const PAGE_SIZE = 32

/** Bytes that wait for a reader besides those in its socket, and a page. */
const BUFFER_BYTES = 16_384

export const HEARTBEAT_MS = 15_000

/** Grace period for unread data after the end (ms). */
const END_MS = 500

export function openStream(source: StreamSource, { lastEventId, channels, mayRead }: StreamOptions): FeedStream {
  /** All of the reader's events up to here have been sent. */
  let position: number | undefined
  /** The reader has all that was handed out before, so it gets the next event from there. */
  let isLive = false
  let isReading = false
  let hasRoom = true
  let isOver = false
  let sentAt = performance.now()

  const readable = new Readable({
    highWaterMark: BUFFER_BYTES,
    read() {
      hasRoom = true
      void catchUp()
    },
    destroy(error, done) {
      isOver = true
      source.closed()
      done(error)
    },
  })
  // At once, so that the response begins even while the database is away.
  send('retry: 2000\n\n')

  function send(frames: string | Buffer): void {
    hasRoom = readable.push(frames)
    sentAt = performance.now()
  }

  const isWanted = ({ event }: ChangeEventEntry) => !channels || channels.has(channelOf(event.type))

  async function catchUp(): Promise<void> {
    if (isLive || isReading) return
    isReading = true
    try {
      while (hasRoom && !isLive && !isOver) {
        const reached = position === undefined ? await begin() : await sendPage(position)
        position = reached
        isLive = reached >= source.handedOut()
      }
    } catch (error) {
      source.failed(error)
    }
    isReading = false
  }

  async function begin(): Promise<number> {
    const handedOut = await source.begin()
    if (lastEventId === undefined) return beginAt(handedOut, 'begin')
    const last = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : -1
    // Another instance may be further than this one. Earlier positions are looked at with what came after them.
    const isKnown = last > handedOut ? await source.isKept(last) : last >= 0
    return isKnown ? last : beginAt(handedOut, 'reset')
  }

  function beginAt(position: number, event: string): number {
    if (!isOver) send(frame(position, event, '{}'))
    return position
  }

  async function sendPage(position: number): Promise<number> {
    const { entries, handedOut, isComplete } = await source.readPage(position)
    if (isOver) return position
    if (!mayRead()) {
      end()
      return position
    }
    if (!isComplete) return beginAt(handedOut, 'reset')
    const wanted = entries.filter(isWanted)
    if (wanted.length > 0) send(wanted.map(frameOf).join(''))
    const seen = entries.length < PAGE_SIZE ? handedOut : position
    return Math.max(position, seen, entries.at(-1)?.position ?? 0)
  }

  function end(): void {
    if (isOver) return
    isOver = true
    readable.push(null)
    // Whoever takes nothing does not see an end either.
    setTimeout(() => readable.destroy(), END_MS)
  }

  return {
    readable,
    give(entry, frame) {
      if (!isLive || isOver || entry.position <= (position ?? 0)) return
      if (!hasRoom) {
        isLive = false
        return
      }
      if (!mayRead()) return end()
      position = entry.position
      if (isWanted(entry)) send(frame)
    },
    check(now) {
      if (isOver) return
      if (!mayRead()) return end()
      if (!hasRoom) return
      // The database may have been away.
      void catchUp()
      // With the position, so that a reader of few channels resumes from here.
      if (now - sentAt >= HEARTBEAT_MS) send(isLive ? `: \nid: ${position}\n\n` : ': \n\n')
    },
    end,
  }
}
