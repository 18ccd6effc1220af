import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', async (request, reply) => reply.redirect(app.pages.urlOf(request, '/admin/users'), 303))
}

export default routes
