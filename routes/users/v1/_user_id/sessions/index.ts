import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { errors, toNotFound } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { Sessions, SessionsQuery, UserSessionParams } from '#schemas/sessions.ts'
import { UserParams } from '#schemas/users.ts'
import { findUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'listUserSessions',
        tags: ['sessions'],
        summary: 'List the sessions of a user',
        description:
          "Returns the user's open sessions, newest first. Users can read their own; administrators can read everyone's.",
        params: UserParams,
        querystring: SessionsQuery,
        response: { 200: ref(Sessions, 'A page of open sessions.') },
      },
    },
    async request => {
      const { user_id } = request.params
      if (!(await findUser(app.db, user_id))) throw errors.notFound()
      return app.devices.list({ user_id, sid: request.user.sid }, request.query)
    },
  )

  app.delete(
    '/:session_id',
    {
      config: { access: 'admin', stepUp: 'session', errors: ['notFound'] },
      schema: {
        operationId: 'endUserSession',
        tags: ['sessions'],
        summary: 'End a session of a user',
        description:
          "Ends one of the user's sessions. Its tokens stop working immediately, on every instance. Only for administrators.",
        params: UserSessionParams,
        response: { 200: ref(Ok, 'The session has ended.') },
      },
    },
    async request => {
      const { user_id, session_id } = request.params
      await app.devices.endOf(user_id, session_id, request).catch(toNotFound)
      return { status: 'ok' as const }
    },
  )

  app.delete(
    '',
    {
      config: { access: 'admin', stepUp: 'session', errors: ['notFound'] },
      schema: {
        operationId: 'endUserSessions',
        tags: ['sessions'],
        summary: 'End all sessions of a user',
        description: 'Signs the user out everywhere. Only for administrators.',
        params: UserParams,
        response: { 200: ref(Ok, 'The sessions have ended.') },
      },
    },
    async request => {
      await app.devices.endAllOf(request.params.user_id, request).catch(toNotFound)
      return { status: 'ok' as const }
    },
  )
}

export default routes
