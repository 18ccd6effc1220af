import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { NotModified } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { CardRevocations, CardRevocationsParams } from '#schemas/vaccination-certificates.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '/:file',
    {
      config: { access: 'public', otherOrigins: 'any', errors: ['notFound'] },
      schema: {
        operationId: 'listRevokedCards',
        tags: ['vaccinations'],
        summary: 'List revoked health cards',
        description: 'Returns the `rid` of the cards that are revoked, as the SMART Health Cards Framework has it.',
        params: CardRevocationsParams,
        response: { 200: ref(CardRevocations, 'The revocations.'), 304: NotModified },
      },
    },
    async (request, reply) => {
      await app.healthCards.sendRevocations(request, reply, request.params.file.replace('.json', ''))
      return reply
    },
  )
}

export default routes
