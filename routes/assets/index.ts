import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { errors } from '#schemas/errors.ts'

/** What pages consist of besides their HTML. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '/:file',
    {
      config: { access: 'public', withoutDatabase: true },
      schema: { hide: true, params: Type.Object({ file: Type.String({ maxLength: 64 }) }) },
    },
    (request, reply) => {
      if (!app.assets.send(request, reply, request.params.file)) throw errors.notFound()
    },
  )
}

export default routes
