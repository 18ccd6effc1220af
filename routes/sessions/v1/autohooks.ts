import formbody from '@fastify/formbody'
import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => {
  // A login form needs no script.
  await app.register(formbody)
  // Login CSRF: another site must not log a browser in to an account of its own choice. Guarded routes have their own check.
  app.addHook('preHandler', async request => {
    if (request.routeOptions.config.access === 'public') app.sessionCookie.rejectCrossSite(request)
  })
}

export default hooks
