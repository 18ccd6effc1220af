import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => app.hostedPages.serve(app)

export default hooks
