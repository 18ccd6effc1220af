import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => app.console.serve(app)

export default hooks
