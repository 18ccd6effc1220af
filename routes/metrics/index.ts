import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { METRICS_TOKEN, NODE_ENV } = app.config
  // They tell strangers what the service does, and how busy it is.
  if (NODE_ENV === 'production' && METRICS_TOKEN === undefined) return

  app.get(
    '',
    {
      config: { access: 'public', probe: true, errors: ['authorisationRequired', 'tokenInvalid'] },
      schema: {
        operationId: 'metrics',
        tags: ['operations'],
        summary: 'Get metrics',
        description:
          'Returns the metrics in the Prometheus text format. Requires `Authorization: Bearer METRICS_TOKEN` where that ' +
          'setting is set, and does not exist in production where it is not.',
        produces: ['text/plain'],
        response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      app.metrics.authorize(request.headers.authorization)
      const { contentType, bytes } = await app.metrics.scrape()
      // Bytes bypass the response schema's serializer, which the types do not know.
      return reply.type(contentType).send(bytes as never)
    },
  )
}

export default routes
