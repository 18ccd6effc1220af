// app.connections: closes connections in time, those of a process that stops, and those of peers that stopped reading.
import fp from 'fastify-plugin'
import { drainable } from './drain.ts'
import { closeStalled } from './stalled.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connections: {
      /** The process is about to stop: each connection ends with its next response, and clients connect elsewhere. */
      release(): void
    }
  }
}

/** How often connections are checked for progress (ms). */
const STALLED_CHECK_INTERVAL_MS = 15_000

export default fp(
  async app => {
    const stop = closeStalled(app.server, STALLED_CHECK_INTERVAL_MS)
    app.addHook('onClose', () => stop())
    const { release, drain } = drainable(app.server)
    app.decorate('connections', { release })
    app.addHook('preClose', done => {
      drain()
      done()
    })
  },
  { name: 'connections' },
)
