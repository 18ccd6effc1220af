import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', probe: true },
      schema: {
        operationId: 'metrics',
        tags: ['operations'],
        summary: 'Get metrics',
        description: 'Returns the metrics in the Prometheus text format.',
        produces: ['text/plain'],
        response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (_request, reply) => {
      const registry = await app.metrics.registry()
      return reply.type(registry.contentType).send(await registry.metrics())
    },
  )
}

export default routes
