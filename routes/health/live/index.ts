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
        summary: 'Check liveness',
        description: 'Tells whether the process responds at all. Intended for liveness probes.',
        response: { 200: ref(Ok, 'The process is alive.') },
      },
    },
    async () => ({ status: 'ok' as const }),
  )
}

export default routes
