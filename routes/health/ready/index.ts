import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { errors } from '#schemas/errors.ts'
import { Readiness } from '#schemas/health.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', probe: true },
      schema: {
        operationId: 'ready',
        tags: ['operations'],
        summary: 'Check readiness',
        description: 'Tells whether the process can serve requests. Intended for readiness probes.',
        response: { 200: ref(Readiness, 'The process can serve requests.') },
      },
    },
    async () => {
      const { status, checks } = await app.health.check()
      if (status === 'unavailable') throw errors.unavailable({ details: checks, retryAfter: 2 })
      return { status, checks }
    },
  )
}

export default routes
