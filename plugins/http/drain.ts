// (no decorator) Closing takes seconds, not the minute that clients keep idle connections open: each is closed as soon as its answers are out.
import fp from 'fastify-plugin'

/** How often idle connections are looked for (ms). */
const INTERVAL = 50
/** What still runs after that long is cut off (ms). */
const PATIENCE = 7000

export default fp(
  async app => {
    app.addHook('preClose', done => {
      if (!app.server.listening) return done()
      const idle = setInterval(() => app.server.closeIdleConnections(), INTERVAL)
      const late = setTimeout(() => app.server.closeAllConnections(), PATIENCE)
      app.server.once('close', () => {
        clearInterval(idle)
        clearTimeout(late)
      })
      done()
    })
  },
  { name: 'drain' },
)
