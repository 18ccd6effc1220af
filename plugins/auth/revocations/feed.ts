/** The revocation feed: server-sent events that keep a copy of the map in another service. The format is in docs/verify-tokens.md. */
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { type ChangeLog, createChangeLog } from './change-log.ts'
import { type FeedSource, type FeedStream, openFeedStream } from './feed-stream.ts'
import type { Entry } from './generation-table.ts'

export interface Feed {
  /** @param grace how long the generation before still works (ms): readers are told after it, unless they begin meanwhile and so get the whole map */
  raised(entry: Entry, grace: number): void
  /** Something that concerns every reader has changed. */
  wake(): void
  /**
   * @param lastEventId of the event that the reader got last: it gets what it missed since, if that is known, else everything
   * @param mayRead asked again and again: the stream ends when it is false
   */
  open(lastEventId: string | undefined, mayRead: () => boolean): Readable
  readers(): number
  /** Ends all streams. */
  close(): void
}

/** How often readers hear that nothing is missing (ms). */
const HEARTBEAT_MS = 2000

type Map = Pick<FeedSource, 'entries' | 'notBefore' | 'staleness' | 'tokenLifetime'>

export function createFeed(map: Map): Feed {
  const streams = new Set<FeedStream>()
  const epoch = randomBytes(6).toString('base64url')
  // Whoever never had a reader keeps no log.
  let log: ChangeLog | undefined
  let heartbeat: NodeJS.Timeout | undefined

  function wake(): void {
    for (const stream of streams) stream.wake()
  }

  function append(entry: Entry): void {
    log?.append(entry)
    wake()
  }

  function remove(stream: FeedStream): void {
    streams.delete(stream)
    if (streams.size > 0) return
    clearInterval(heartbeat)
    heartbeat = undefined
  }

  return {
    raised(entry, grace) {
      if (!log) return
      if (grace === 0) append(entry)
      else setTimeout(append, grace, entry).unref()
    },
    wake,
    open(lastEventId, mayRead) {
      log ??= createChangeLog()
      const [, position] = lastEventId?.match(`^${epoch}\\.(\\d{1,15})$`) ?? []
      const source = { ...map, log, epoch, mayRead, closed: () => remove(stream) }
      const stream = openFeedStream(source, position === undefined ? undefined : Number(position))
      streams.add(stream)
      heartbeat ??= setInterval(() => {
        for (const stream of streams) stream.beat()
      }, HEARTBEAT_MS).unref()
      return stream.readable
    },
    readers: () => streams.size,
    close() {
      for (const stream of streams) stream.end()
    },
  }
}
