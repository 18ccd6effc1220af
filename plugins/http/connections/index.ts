// (no decorator) Closes connections in time: those of a process that stops, and those of peers that stopped reading.
import fp from 'fastify-plugin'
import { drain } from './drain.ts'
import { closeStalled } from './stalled.ts'

/** How often connections are checked for progress (ms). */
const STALLED_CHECK_INTERVAL_MS = 15_000

export default fp(
  async app => {
    const stop = closeStalled(app.server, STALLED_CHECK_INTERVAL_MS)
    app.addHook('onClose', () => stop())
    app.addHook('preClose', done => {
      drain(app.server)
      done()
    })
  },
  { name: 'connections' },
)
