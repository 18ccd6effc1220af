/** Posts reports one after the other. A tracker that is slow or away costs reports, and nothing else. */
import type { FastifyBaseLogger } from 'fastify'
import type { ErrorTracker } from '../../config/error-tracking-dsn.ts'

/** Reports that wait; more are dropped. */
const QUEUE_MAX = 30
const TIMEOUT_MS = 5000
/** What reports get when the process stops (ms): of the seconds that all of it has. */
const CLOSE_TIMEOUT_MS = 1000
const PAUSE_MAX_SECONDS = 3600

interface Counts {
  sent: number
  dropped: number
  failed: number
}

export interface Sender {
  send(envelope: string): void
  /** Sends what waits, for a second at most. */
  close(): Promise<void>
}

export function createSender({ url, publicKey }: ErrorTracker, counts: Counts, log: FastifyBaseLogger): Sender {
  const auth = `Sentry sentry_version=7, sentry_client=holocron/1.0, sentry_key=${publicKey}`
  const headers = { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth }
  const queue: string[] = []
  const closing = new AbortController()
  let sending: Promise<void> | undefined
  let pausedUntil = 0
  let isFailing = false

  const isPaused = () => performance.now() < pausedUntil

  async function sendAll(): Promise<void> {
    for (let body = queue.shift(); body !== undefined; body = queue.shift()) {
      if (isPaused()) counts.dropped++
      else await post(body)
    }
    sending = undefined
  }

  async function post(body: string): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
      await response.body?.cancel()
      if (response.status === 429) pausedUntil = performance.now() + pauseOf(response)
      if (!response.ok) throw new Error(`responded ${response.status}`)
      counts.sent++
      isFailing = false
    } catch (error) {
      counts.failed++
      // No `err`: a report of it would only fail as well.
      if (!isFailing) log.warn({ reason: reasonOf(error) }, 'error tracker does not accept reports')
      isFailing = true
    }
  }

  return {
    send(envelope) {
      if (queue.length >= QUEUE_MAX || isPaused() || closing.signal.aborted) {
        counts.dropped++
        return
      }
      queue.push(envelope)
      sending ??= sendAll()
    },
    async close() {
      const timer = setTimeout(() => closing.abort(), CLOSE_TIMEOUT_MS)
      await sending
      clearTimeout(timer)
      closing.abort()
    },
  }
}

/** How long the tracker wants to be left alone (ms). */
function pauseOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after')) || 60
  return Math.min(seconds, PAUSE_MAX_SECONDS) * 1000
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}
