import type { Server } from 'node:http'

/** How often idle connections are closed (ms). */
const IDLE_CHECK_INTERVAL_MS = 50
/** Requests still running after this are cut off (ms). */
const DRAIN_TIMEOUT_MS = 7000

/** Closing takes seconds, and not the minute that clients keep idle connections open: each is closed as soon as its responses are sent. */
export function drain(server: Server): void {
  if (!server.listening) return
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_INTERVAL_MS)
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)
  server.once('close', () => {
    clearInterval(idle)
    clearTimeout(late)
  })
}
