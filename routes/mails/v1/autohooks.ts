import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => {
  // Mails of all users.
  app.decorate('defaultAccess', 'admin')
}

export default hooks
