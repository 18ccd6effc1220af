import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Jwks } from '#schemas/jwks.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', withoutDatabase: true, otherOrigins: 'any' },
      schema: {
        operationId: 'jwks',
        tags: ['operations'],
        summary: 'Get the public keys',
        description:
          'Returns the JSON Web Key Set (RFC 7517) with which access tokens can be verified. The key that signs new tokens ' +
          'comes first.',
        response: { 200: ref(Jwks, 'The key set.') },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(await app.tokens.jwks()),
  )
}

export default routes
