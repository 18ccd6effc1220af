import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parse } from 'bowser'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { SessionParams, Sessions, SessionsQuery } from '#schemas/sessions.ts'
import { listSessions } from '#sql/live-sessions.ts'
import type { Session } from '#sql/sessions.ts'

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
    async ({ user, query }) => {
      const { limit, after } = app.pagination.read(query)
      const { results, next_cursor } = app.pagination.cut(
        await listSessions(app.db, user.user_id, app.config.REFRESH_TOKEN_TTL_SECONDS * 1000, limit + 1, after),
        limit,
        row => row.id,
      )
      return { results: results.map(session => serialize(session, user.sid)), next_cursor }
    },
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
      const { session_id } = request.params
      const ended = await app.sessions.end(request.user.user_id, session_id, request.client)
      if (!ended) throw errors.notFound()
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
      const { user: caller, client } = request
      const { user_id, sid } = caller
      await app.accounts.change(user_id, client, (_tx, _user, effects) => effects.endSessions({ except: sid }), {
        caller,
      })
      return { status: 'ok' as const }
    },
  )
}

function serialize({ id, user_agent, ip, created_at, rotated_at }: Session, current: string) {
  return {
    id,
    device: device(user_agent),
    ip,
    created: new Date(created_at).toISOString(),
    last_used: new Date(rotated_at).toISOString(),
    current: id === current,
  }
}

function device(user_agent: string | null) {
  const { browser, os, platform } = user_agent ? parse(user_agent) : { browser: {}, os: {}, platform: {} }
  const words = (...parts: (string | undefined)[]) => parts.filter(Boolean).join(' ') || null
  return {
    browser: words(browser.name, browser.version),
    os: words(os.name, os.versionName ?? os.version),
    platform: words(platform.type),
    user_agent,
  }
}

export default routes
