import type { IncomingMessage, ServerResponse } from 'node:http'

/** What is read and discarded of a body after the response to it (bytes). */
const DISCARD_MAX_BYTES = 8 * 1024 * 1024
const CHECK_INTERVAL_MS = 50

/**
 * Lingering close: makes sure that a response sent before its request has arrived completely (401, 413, 415, 429, 503 …) reaches the client.
 * A socket that is closed while data is unread resets the connection, and the client may never see the response. So the rest of the body is
 * read and discarded first, up to a size, and for no longer than any request may take.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  // Runs before Node's own listener, which closes the connection.
  response.prependOnceListener('finish', () => {
    if (!request.complete) discardRest(request)
  })
}

function discardRest(request: IncomingMessage): void {
  const { socket } = request
  const { destroySoon } = socket
  const max = socket.bytesRead + DISCARD_MAX_BYTES
  const timer = setInterval(() => {
    if (socket.bytesRead > max) socket.destroy()
  }, CHECK_INTERVAL_MS)
  socket.destroySoon = () => socket.end()

  function stop(): void {
    clearInterval(timer)
    request.off('close', stop)
    socket.off('close', stop)
    socket.destroySoon = destroySoon
    if (socket.writableEnded) socket.destroy()
  }
  // The request has arrived, or its client has hung up: Node no longer tells requests that have been responded to.
  request.once('close', stop)
  socket.once('close', stop)
}
