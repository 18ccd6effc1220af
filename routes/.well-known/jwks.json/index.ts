import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Jwks } from '#schemas/jwks.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', withoutDatabase: true },
      schema: {
        operationId: 'jwks',
        tags: ['operations'],
        summary: 'The public keys that verify access tokens',
        response: { 200: ref(Jwks, 'A JSON Web Key Set, the signing key first') },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(app.tokens.jwks),
  )
}

export default routes
