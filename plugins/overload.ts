// (no decorator) Sheds load with 503 while the event loop is too far behind, or the database's queue too long, to answer in time; probes and metrics still pass.
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { errors } from '../schemas/errors.ts'

/** Who would wait behind so many for each connection is turned away at once, before anything is done for them. */
const QUEUED_A_CONNECTION = 50

export default fp(
  async app => {
    const { EVENT_LOOP_DELAY_MAX_MS, DATABASE_POOL_SIZE } = app.config
    await app.register(underPressure, {
      maxEventLoopDelay: EVENT_LOOP_DELAY_MAX_MS,
      pressureHandler(request) {
        if (request.routeOptions.config.probe) return
        throw errors.unavailable({ retryAfter: 2 })
      },
    })
    const longest = DATABASE_POOL_SIZE * QUEUED_A_CONNECTION
    app.addHook('onRequest', (request, _reply, done) => {
      if (app.dbQueue.waiting <= longest) return done()
      const { probe, withoutDatabase } = request.routeOptions.config
      if (!probe && !withoutDatabase) throw errors.unavailable({ retryAfter: 2 })
      done()
    })
  },
  { name: 'overload', dependencies: ['config', 'db'] },
)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered even under pressure: operators look at it just then. */
    probe?: boolean
    /** Answered from memory, so however long the database's queue is. */
    withoutDatabase?: boolean
  }
}
