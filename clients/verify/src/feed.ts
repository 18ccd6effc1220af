/** Follows the revocation feed: what it says goes into the map, and how sure that is, is known at each moment. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createCredentials } from './credentials.ts'
import { eventsOf, type ServerSentEvent } from './events.ts'
import { type Begin, type Current, parseBegin, parseCurrent, parseRevoked } from './messages.ts'
import type { Revocations } from './revocations.ts'
import { SILENCE_MAX_MS, watchSilence } from './silence.ts'

export interface Feed {
  /** Since the map was last known to be complete (ms). */
  staleness(): number
  /** Of access tokens (s); undefined before the first event. */
  tokenLifetime(): number | undefined
  ready: Promise<void>
  close(): void
}

interface Settings {
  url: string
  clientId: string
  clientSecret: string
  log: (message: string) => void
}

/** Pauses before the next attempt (ms): the first, doubled each time, up to the last. */
const PAUSE_MS = { next: 20, failed: 200, most: 5000 }
/** How far the clocks may drift apart during a connection (ms). */
const DRIFT_MAX_MS = 1000
/** How far another clock may be off, so that a token lives longer than by the clock here (s). */
const CLOCK_SKEW_MAX_SECONDS = 120
/** Characters. */
const REASON_MAX = 300

export function followFeed({ url, clientId, clientSecret, log }: Settings, revocations: Revocations): Feed {
  const ready = Promise.withResolvers<void>()
  const closed = new AbortController()
  const credentials = createCredentials({ url, clientId, clientSecret }, closed.signal)
  let confirmedAt = -Infinity
  let tokenLifetime: number | undefined
  let lastEventId: string | undefined
  let rotation: NodeJS.Timeout | undefined
  let failures = 0
  // Of this connection.
  let requestedAt = 0
  /** When the clock of the instance was at 0, at the earliest. */
  let originAt: number | undefined
  let isComplete = false

  function begin({ time, tokenLifetime: lifetime }: Begin): void {
    // It was written after the request, however long it was under way.
    originAt = requestedAt - time
    if (lifetime === tokenLifetime) return
    tokenLifetime = lifetime
    clearInterval(rotation)
    rotation = setInterval(revocations.rotate, (lifetime + CLOCK_SKEW_MAX_SECONDS) * 1000)
    rotation.unref()
  }

  function revoke(line: string): void {
    const revoked = parseRevoked(line)
    if ('notBefore' in revoked) revocations.raiseNotBefore(revoked.notBefore)
    else revocations.raise(revoked.id, revoked.generation)
  }

  /** An event may have waited, here or on its way, and is as old as that. */
  function confirm({ time, staleness }: Current, id: string | undefined): void {
    if (originAt === undefined) throw new Error('current before it began')
    const now = performance.now()
    const underWay = now - (originAt + time)
    if (underWay < -DRIFT_MAX_MS) throw new Error('an event of the future')
    confirmedAt = Math.max(confirmedAt, now - Math.max(0, underWay) - staleness)
    isComplete = true
    lastEventId = id
    ready.resolve()
    // Or the clocks have drifted apart: another connection, which continues here, compares them anew.
    if (underWay > SILENCE_MAX_MS) throw new Error('events come late')
    if (failures > 0) log('revocation feed: connected again')
    failures = 0
    credentials.renew()
  }

  function receive({ name, id, lines }: ServerSentEvent): void {
    if (name === 'begin') begin(parseBegin(lines))
    else if (name === 'revoked') lines.forEach(revoke)
    else if (name === 'current') confirm(parseCurrent(lines), id)
  }

  /** One connection, until it ends. */
  async function connect(): Promise<void> {
    const authorization = `Bearer ${await credentials.token()}`
    const silence = watchSilence(closed.signal)
    originAt = undefined
    isComplete = false
    requestedAt = performance.now()
    try {
      const headers = { authorization, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
      const response = await fetch(`${url}/revocations/v1/stream`, {
        headers,
        redirect: 'error',
        signal: silence.signal,
      })
      if (response.status === 401 || response.status === 403) credentials.forget()
      if (!response.ok) throw new Error(`${response.status}`)
      for await (const event of eventsOf(response)) {
        silence.restart()
        receive(event)
      }
      if (!isComplete) throw new Error('ended before it was complete')
    } finally {
      silence.end()
    }
  }

  async function follow(): Promise<void> {
    while (!closed.signal.aborted) {
      await connect().catch(error => {
        if (closed.signal.aborted) return
        if (failures++ === 0) log(`revocation feed: interrupted (${reasonOf(error)})`)
      })
      await sleep(pauseAfter(failures), undefined, { signal: closed.signal }).catch(() => {})
    }
  }

  void follow()
  return {
    staleness: () => performance.now() - confirmedAt,
    tokenLifetime: () => tokenLifetime,
    ready: ready.promise,
    close() {
      closed.abort()
      clearInterval(rotation)
    },
  }
}

/** At random, so that the readers of an instance that stops do not come back all at once. */
function pauseAfter(failures: number): number {
  const longest = failures === 0 ? PAUSE_MS.next : Math.min(PAUSE_MS.most, PAUSE_MS.failed * 2 ** (failures - 1))
  return longest * (0.5 + Math.random() / 2)
}

/** In one line: it may quote what a stranger sent. */
function reasonOf(error: Error): string {
  const reason = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
  return reason.slice(0, REASON_MAX).replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
}
