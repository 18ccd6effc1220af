import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => {
  app.decorate('defaultAccess', 'admin')
}

export default hooks
