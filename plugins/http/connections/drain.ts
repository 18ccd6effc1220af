import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How long idle connections are kept when closing (ms): for requests that are on their way, whose responses then say `Connection: close`. */
const LAST_REQUEST_MS = 1000
/** How often idle connections are closed after that (ms). */
const IDLE_CHECK_INTERVAL_MS = 50
/** Requests still running after this are cut off (ms). */
const DRAIN_TIMEOUT_MS = 7000

type Connection = Socket & { _httpMessage?: ServerResponse | null }

/**
 * Empties a server without failing a request. A server that closes an idle connection resets the request that its client is just sending, and one
 * that stops listening resets connections not accepted yet. So connections end with a response that says `Connection: close`.
 */
export function drainable(server: Server) {
  const connections = new Set<Connection>()
  const ending = new WeakSet<Socket>()
  server.on('connection', (socket: Connection) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })

  function endAfter({ socket }: IncomingMessage, response: ServerResponse): void {
    if (ending.has(socket)) response.shouldKeepAlive = false
  }

  /** Ends each connection that is open now with its next response. Later ones are kept: clients connecting anew for each request would be reset when the server closes. */
  function release(): void {
    server.off('request', endAfter).prependListener('request', endAfter)
    for (const socket of connections) {
      ending.add(socket)
      const response = socket._httpMessage
      if (response && !response.headersSent) response.shouldKeepAlive = false
    }
  }

  /** To be called just before the server closes. */
  function drain(): void {
    if (!server.listening) return
    release()
    server.on('connection', (socket: Connection) => ending.add(socket))
    const closeIdle = server.closeIdleConnections.bind(server)
    // `close()` calls it at once.
    server.closeIdleConnections = () => {}
    const closeUnused = () => {
      closeIdle()
      // Node takes a connection on which nothing has arrived yet for a slow request.
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
    }
    const timers = [setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)]
    timers.push(setTimeout(() => timers.push(setInterval(closeUnused, IDLE_CHECK_INTERVAL_MS)), LAST_REQUEST_MS))
    server.once('close', () => {
      for (const timer of timers) clearTimeout(timer)
    })
  }

  return { release, drain }
}
