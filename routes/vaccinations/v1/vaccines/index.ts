import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { Vaccines } from '#schemas/vaccinations.ts'
import { VACCINES } from '#schemas/vaccines.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const response = { results: Array.from(VACCINES, ([vaccine, name]) => ({ vaccine, name })) }

  app.get(
    '',
    {
      config: { scopes: ['vaccinations:read'], withoutDatabase: true },
      schema: {
        operationId: 'listVaccines',
        tags: ['vaccinations'],
        summary: 'List vaccines',
        description: 'Returns the vaccines that can be registered, by name, with their CVX codes.',
        response: { 200: ref(Vaccines, 'The vaccines.') },
      },
    },
    async () => response,
  )
}

export default routes
