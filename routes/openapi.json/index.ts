import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', withoutDatabase: true },
      schema: {
        operationId: 'openapi',
        tags: ['operations'],
        summary: 'Get the OpenAPI document',
        description: 'Returns this document.',
        response: { 200: Type.Object({}, { additionalProperties: true, description: 'The document.' }) },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'no-cache').send(app.swagger()),
  )
}

export default routes
