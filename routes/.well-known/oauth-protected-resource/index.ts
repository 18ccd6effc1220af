import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { ResourceMetadata } from '#schemas/resource-metadata.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { access, config, discovery } = app

  app.get(
    '',
    {
      config: { access: 'public', withoutDatabase: true },
      schema: {
        operationId: 'protectedResourceMetadata',
        tags: ['operations'],
        summary: 'Get the metadata of the protected resource',
        description:
          'Returns where an application gets an access token for the routes that are open to applications, and for which scopes (RFC 9728). ' +
          'Their 401 names this address.',
        response: { 200: ref(ResourceMetadata, 'The metadata.') },
      },
    },
    async (_request, reply) => {
      return reply.header('cache-control', 'public, max-age=300').send({
        resource: config.PUBLIC_URL,
        authorization_servers: [discovery.metadata.issuer],
        // Clients ask users for all of them, and users cannot grant what only an application itself can have.
        scopes_supported: [...access.scopes].filter(scope => !access.ownScopes.has(scope)),
        bearer_methods_supported: ['header'],
        resource_name: config.APP_NAME,
      })
    },
  )
}

export default routes
