import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { Welcome } from '#schemas/welcome.ts'
import packageJson from '../package.json' with { type: 'json' }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'operations', description: 'Public keys, health probes and metrics.', order: 98 })

  app.get(
    '/',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'welcome',
        tags: ['operations'],
        summary: 'Get service information',
        description: 'Returns the name and the version of the service, and where its documentation is.',
        response: { 200: ref(Welcome, 'The service information.') },
      },
    },
    async () => ({
      name: 'Holocron',
      version: packageJson.version,
      documentation: `${app.config.PUBLIC_URL}/ui`,
      openapi: `${app.config.PUBLIC_URL}/openapi.json`,
    }),
  )
}

export default routes
