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
        summary: 'Log out',
        description:
          "Ends the caller's session. Its access token and its refresh token stop working immediately, on every instance.",
        response: { 200: ref(Ok, 'The session has ended.') },
      },
    },
    async request => {
      await app.sessions.end(request.user.user_id, request.user.sid, request.client)
      return { status: 'ok' as const }
    },
  )
}

export default routes
