import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { NotModified } from '#schemas/common.ts'

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
        response: {
          200: Type.Object({}, { additionalProperties: true, description: 'The document.' }),
          304: NotModified,
        },
      },
    },
    (request, reply) => app.openapi.send(request, reply),
  )
}

export default routes
