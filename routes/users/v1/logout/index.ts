import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { beforeMfa: true },
      schema: {
        operationId: 'logout',
        tags: ['users'],
        summary: "Ends the caller's session: its access and refresh tokens are dead at once, on every instance",
        response: { 200: ref(Ok, 'The session is over') },
      },
    },
    async request => {
      await app.sessions.end(request.user.user_id, request.user.sid, request.client)
      return { status: 'ok' as const }
    },
  )
}

export default routes
