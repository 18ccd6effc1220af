import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', probe: true },
      schema: {
        operationId: 'live',
        tags: ['operations'],
        summary: 'Is the process alive?',
        response: { 200: ref(Ok, 'It is') },
      },
    },
    async () => ({ status: 'ok' as const }),
  )
}

export default routes
