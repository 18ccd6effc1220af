import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { ServerMetadata } from '#schemas/server-metadata.ts'

/** The same document under the name of OAuth (RFC 8414) and that of OpenID Connect, as RFC 8414 §5 suggests. */
const NAMES = {
  'oauth-authorization-server': 'oauthMetadata',
  'openid-configuration': 'openidConfiguration',
}

const routes: FastifyPluginAsyncTypebox = async app => {
  for (const [name, operationId] of Object.entries(NAMES)) {
    app.get(
      `/${name}`,
      {
        config: { access: 'public', withoutDatabase: true, otherOrigins: 'any' },
        schema: {
          operationId,
          tags: ['operations'],
          summary: `Get the server metadata (${name})`,
          description:
            'Returns what services that verify access tokens have to know: the issuer, the address of the public keys and the ' +
            'algorithms (RFC 8414).',
          response: { 200: ref(ServerMetadata, 'The metadata.') },
        },
      },
      async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(app.discovery.metadata),
    )
  }
}

export default routes
