// (no decorator) Sheds load with 503 while the event loop lags too far behind, or a queue (the database's, the passwords') is too long, to respond in time; probes and metrics still pass.
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served even under overload, when operators need it most. */
    probe?: boolean
    /** Served from memory, whatever the length of the database's queue. */
    withoutDatabase?: boolean
    /** Hashes or verifies a password without authentication: rejected at once while the queue for that is full. */
    withPassword?: boolean
  }
}

/** Maximum of statements waiting per database connection: requests beyond it are rejected before any work is done for them. */
const QUEUE_MAX_PER_CONNECTION = 50

export default fp(
  async app => {
    const { EVENT_LOOP_DELAY_MAX_MS, DATABASE_POOL_SIZE } = app.config
    const { dbQueue, passwords } = app
    // One instance for all: under overload, capturing a stack per rejection would cost too much.
    const overloaded = errors.unavailable({ retryAfter: 2 })
    await app.register(underPressure, {
      maxEventLoopDelay: EVENT_LOOP_DELAY_MAX_MS,
      pressureHandler(request) {
        if (!request.routeOptions.config.probe) throw overloaded
      },
    })
    const queueMax = DATABASE_POOL_SIZE * QUEUE_MAX_PER_CONNECTION
    app.addHook('onRequest', (request, _reply, done) => {
      const databaseIsFull = dbQueue.waiting > queueMax
      const passwordsAreFull = passwords.isFull()
      if (!databaseIsFull && !passwordsAreFull) return done()
      const { probe, withoutDatabase, withPassword } = request.routeOptions.config
      if (databaseIsFull && !probe && !withoutDatabase) return done(overloaded)
      if (passwordsAreFull && withPassword) return done(overloaded)
      done()
    })
  },
  { name: 'load-shedding', dependencies: ['config', 'cors', 'db', 'errors', 'passwords', 'security-headers'] },
)
