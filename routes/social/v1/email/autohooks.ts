import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => app.pages.serve(app)

export default hooks
