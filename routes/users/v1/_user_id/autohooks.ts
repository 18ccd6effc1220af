import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => {
  // What belongs to a user is open to that user and to administrators, unless a route says otherwise.
  app.decorate('defaultAccess', 'owner')
}

export default hooks
