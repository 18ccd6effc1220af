import type { FastifyPluginAsync } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { isOwnHost } from './host.ts'

const hooks: FastifyPluginAsync = async app => {
  app.addHook('onRequest', async request => {
    if (isOwnHost(request.headers.host, app.config.PUBLIC_URL)) return
    request.log.warn('development mailbox refused: it is served to loopback hosts and the host of PUBLIC_URL only')
    throw errors.notFound()
  })
}

export default hooks
