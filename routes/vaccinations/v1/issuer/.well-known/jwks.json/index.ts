import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { IssuerJwks } from '#schemas/vaccination-certificates.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', otherOrigins: 'any' },
      schema: {
        operationId: 'getCardIssuerKeys',
        tags: ['vaccinations'],
        summary: 'Get the public keys of health cards',
        description: 'Returns the JSON Web Key Set (RFC 7517) with which anybody verifies certificates.',
        response: { 200: ref(IssuerJwks, 'The key set.') },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(await app.healthCards.jwks()),
  )
}

export default routes
