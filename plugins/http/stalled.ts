// (no decorator) A peer that asks and then reads nothing is cut off. A timeout of each socket would be set anew at every request; this looks at all of them, seldom.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

/** How often the connections are looked at (ms). Who has taken nothing from one time to the next is cut off. */
const INTERVAL = 15_000

export default fp(
  async app => {
    const stop = cutOffStalled(app.server, INTERVAL)
    app.addHook('onClose', () => stop())
  },
  { name: 'stalled' },
)

/**
 * Destroys connections whose peer takes nothing of what waits to be sent to it.
 * @param interval how long that may last (ms): it is seen after once to twice that
 * @returns stops looking
 */
export function cutOffStalled(server: Server, interval: number): () => void {
  /** What had been handed over to each of them when it was last looked at, waiting bytes not counted. */
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
