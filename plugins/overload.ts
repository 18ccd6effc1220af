// (no decorator) Sheds load with 503 while the event loop is too far behind to answer in time; probes and metrics still pass.
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { errors } from '../schemas/errors.ts'

export default fp(
  async app => {
    await app.register(underPressure, {
      maxEventLoopDelay: app.config.EVENT_LOOP_DELAY_MAX_MS,
      pressureHandler(request) {
        if (request.routeOptions.config.probe) return
        throw errors.unavailable({ retryAfter: 2 })
      },
    })
  },
  { name: 'overload', dependencies: ['config'] },
)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered even under pressure: operators look at it just then. */
    probe?: boolean
  }
}
