import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Destroys connections whose peer sends requests and then does not read the responses.
 * A timeout per socket would have to be reset at every request; this checks all sockets, rarely.
 * @param interval how long a peer may read nothing (ms): detected after one to two intervals
 * @returns a function that stops the checks
 */
export function closeStalled(server: Server, interval: number): () => void {
  /** Bytes that each peer had taken at the last check. */
  const taken = new Map<Socket, number>()
  server.on('connection', (socket: Socket) => {
    taken.set(socket, -1)
    socket.once('close', () => taken.delete(socket))
  })
  const timer = setInterval(() => {
    for (const [socket, before] of taken) {
      const now = socket.bytesWritten - socket.writableLength
      if (socket.writableLength > 0 && now === before) socket.destroy()
      else taken.set(socket, now)
    }
  }, interval).unref()
  return () => clearInterval(timer)
}
