/** Follows the revocation feed: what it says goes into the map, and how sure that is, is known at each moment. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createCredentials } from './credentials.ts'
import { eventsOf, type ServerSentEvent } from './events.ts'
import type { Revocations } from './revocations.ts'

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

/** Silence after which a connection is given up (ms): heartbeats come every two seconds. */
const SILENCE_MAX_MS = 8000
/** Pauses before the next attempt (ms): the first, doubled each time, up to the last. */
const PAUSE_MS = { next: 20, failed: 200, most: 5000 }
/** How far another clock may be off, so that a token lives longer than by the clock here (s). */
const CLOCK_SKEW_MAX_SECONDS = 120

export function followFeed({ url, clientId, clientSecret, log }: Settings, revocations: Revocations): Feed {
  const credentials = createCredentials({ url, clientId, clientSecret })
  const ready = Promise.withResolvers<void>()
  const closed = new AbortController()
  let confirmedAt = -Infinity
  let tokenLifetime: number | undefined
  let lastEventId: string | undefined
  let rotation: NodeJS.Timeout | undefined
  let failures = 0
  /** The quickest event of this connection: the difference of the clocks, but for the least time under way. */
  let leastOffset = Infinity

  function begin(data: { token_lifetime: number }): void {
    if (data.token_lifetime === tokenLifetime) return
    tokenLifetime = data.token_lifetime
    clearInterval(rotation)
    rotation = setInterval(revocations.rotate, (tokenLifetime + CLOCK_SKEW_MAX_SECONDS) * 1000)
    rotation.unref()
  }

  function revoke(line: string): void {
    const [session = '', value] = line.split(' ')
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw new Error(`not understood: ${line}`)
    if (session === '*') return revocations.raiseNotBefore(number)
    const id = { high: Number.parseInt(session.slice(0, 8), 16) | 0, low: Number.parseInt(session.slice(8), 16) | 0 }
    revocations.raise(id, number)
  }

  /** An event may have waited, here or on its way, and is as old as that. */
  function confirm({ time, staleness }: { time: number; staleness: number }): void {
    const now = performance.now()
    leastOffset = Math.min(leastOffset, now - time)
    const underWay = now - time - leastOffset
    confirmedAt = Math.max(confirmedAt, now - staleness - underWay)
    if (failures > 0) log('revocation feed: connected again')
    failures = 0
    ready.resolve()
  }

  function receive({ name, id, lines }: ServerSentEvent): void {
    if (name === 'revoked') return lines.forEach(revoke)
    if (name === 'begin') return begin(JSON.parse(lines.join('')))
    if (name !== 'current') return
    confirm(JSON.parse(lines.join('')))
    lastEventId = id
    credentials.renew(closed.signal)
  }

  /** One connection, until it ends. */
  async function connect(): Promise<void> {
    const silent = new AbortController()
    const timer = setTimeout(() => silent.abort(new Error('no heartbeat')), SILENCE_MAX_MS)
    const signal = AbortSignal.any([closed.signal, silent.signal])
    leastOffset = Infinity
    try {
      const authorization = `Bearer ${await credentials.token(signal)}`
      const headers = { authorization, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
      const response = await fetch(`${url}/revocations/v1/stream`, { headers, redirect: 'error', signal })
      if (response.status === 401 || response.status === 403) credentials.forget()
      if (!response.ok) throw new Error(`${response.status}`)
      for await (const event of eventsOf(response)) {
        timer.refresh()
        receive(event)
      }
      if (leastOffset === Infinity) throw new Error('ended before it was complete')
    } finally {
      clearTimeout(timer)
      // Whatever was not read.
      silent.abort()
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

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
