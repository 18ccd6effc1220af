import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { SessionParams, Sessions, SessionsQuery } from '#schemas/sessions.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listSessions',
        tags: ['sessions'],
        summary: 'List sessions',
        description: "Returns the caller's open sessions, newest first. Every login opens a session of its own.",
        querystring: SessionsQuery,
        response: { 200: ref(Sessions, 'A page of open sessions.') },
      },
    },
    async ({ user, query }) => app.devices.list(user, query),
  )

  app.delete(
    '/:session_id',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'endSession',
        tags: ['sessions'],
        summary: 'End a session',
        description: "Ends one of the caller's sessions. Its tokens stop working immediately, on every instance.",
        params: SessionParams,
        response: { 200: ref(Ok, 'The session has ended.') },
      },
    },
    async request => {
      await app.devices.end(request.params.session_id, request.user, request.client)
      return { status: 'ok' as const }
    },
  )

  app.delete(
    '',
    {
      config: { errors: ['userNotFound'] },
      schema: {
        operationId: 'endOtherSessions',
        tags: ['sessions'],
        summary: 'End all other sessions',
        description: "Ends all of the caller's sessions except the one that makes the request.",
        response: { 200: ref(Ok, 'The other sessions have ended.') },
      },
    },
    async request => {
      await app.devices.endOthers(request.user, request.client)
      return { status: 'ok' as const }
    },
  )
}

export default routes
