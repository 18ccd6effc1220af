import formbody from '@fastify/formbody'
import type { FastifyPluginAsync } from 'fastify'

const hooks: FastifyPluginAsync = async app => {
  // The page's button posts a form.
  await app.register(formbody)
  // Browsers get a page for an error too; status and headers stay.
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 || !app.pages.wanted(request)) return payload
    return app.pages.render(reply, app.pages.failed(reply.statusCode))
  })
}

export default hooks
