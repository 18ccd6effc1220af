import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => {
  app.decorate('defaultAccess', 'admin')
  await app.console.serve(app)
}

export default hooks
