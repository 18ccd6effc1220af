// (no decorator) Sheds load with 503 while the event loop is too far behind, or a queue (the database's, the passwords') too long, to answer in time; probes and metrics still pass.
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

/** Who would wait behind so many for each connection is turned away at once, before anything is done for them. */
const QUEUED_A_CONNECTION = 50

export default fp(
  async app => {
    const { EVENT_LOOP_DELAY_MAX_MS, DATABASE_POOL_SIZE } = app.config
    const { dbQueue, passwords } = app
    // One for all: a flood of refusals is no time to record where each came from.
    const overloaded = errors.unavailable({ retryAfter: 2 })
    await app.register(underPressure, {
      maxEventLoopDelay: EVENT_LOOP_DELAY_MAX_MS,
      pressureHandler(request) {
        if (!request.routeOptions.config.probe) throw overloaded
      },
    })
    const longest = DATABASE_POOL_SIZE * QUEUED_A_CONNECTION
    app.addHook('onRequest', (request, _reply, done) => {
      const databaseIsFull = dbQueue.waiting > longest
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

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered even under pressure: operators look at it just then. */
    probe?: boolean
    /** Answered from memory, so however long the database's queue is. */
    withoutDatabase?: boolean
    /** Hashes or verifies one, for anybody: turned away at once while too many wait for that. */
    withPassword?: boolean
  }
}
