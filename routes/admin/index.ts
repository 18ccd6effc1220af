import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PageQuery } from '#schemas/hosted-pages.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', { schema: { hide: true, querystring: PageQuery } }, async (request, reply) =>
    reply.redirect(app.pages.urlOf(request, '/admin/users'), 303),
  )
}

export default routes
