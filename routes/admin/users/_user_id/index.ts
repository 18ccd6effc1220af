import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors, toNotFound } from '#schemas/errors.ts'
import { ListQuery } from '#schemas/hosted-pages.ts'
import { UserSessionParams } from '#schemas/sessions.ts'
import { UserParams, type UserUpdate } from '#schemas/users.ts'

const USERS = '/admin/users'

/** Rows of each list on the page. */
const NEWEST = 10

const routes: FastifyPluginAsyncTypebox = async app => {
  const { auditEvents, devices, linkedLogins, pages, secondFactors, userChanges, users } = app
  const paramsOf = ({ params }: FastifyRequest) => params as { user_id: number; session_id?: string }
  const idOf = (request: FastifyRequest) => paramsOf(request).user_id

  /** The first page of the sessions, unless it is asked for another. Undefined if there is no such user. */
  async function overview(request: FastifyRequest, { cursor }: ListQuery = {}) {
    const id = idOf(request)
    const user = await users.get(id).catch(undefinedIfGone)
    if (!user) return undefined
    const page = { limit: NEWEST, ...(cursor !== undefined && { cursor }) }
    const { results: sessions, next_cursor } = await devices.list({ user_id: id, sid: request.user.sid }, page)
    const events = await auditEvents.list({ user_id: id }, { limit: NEWEST }, request.user)
    const actors = events.results.flatMap(({ actor_id }) => actor_id ?? [])
    const data = {
      user,
      sessions,
      cursor,
      next_cursor,
      factors: await secondFactors.list(id),
      methods: (await linkedLogins.list(id)).map(method => app.social.nameOf(method.provider)),
      events: devices.describeIn(events.results),
      emails: await users.emailsOf(actors),
      isSelf: id === request.user.user_id,
    }
    return { name: 'admin/users/user', data }
  }

  app.get('', { schema: { querystring: ListQuery, params: UserParams } }, async (request, reply) => {
    const page = await overview(request, request.query)
    if (!page) throw errors.notFound()
    return reply.page(page)
  })

  const update = (change: UserUpdate) => (request: FastifyRequest) =>
    userChanges.update(idOf(request), change, request.user, request.client, { stepUp: request.stepUp })

  const actions: Record<string, (request: FastifyRequest) => Promise<unknown>> = {
    sign_out: request => devices.endAllOf(idOf(request), request),
    remove_factors: request => secondFactors.remove(idOf(request), request.user, request.client, request.stepUp),
    promote: update({ access_role: 'admin' }),
    demote: update({ access_role: 'basic' }),
    disable: update({ disabled: true }),
    enable: update({ disabled: false }),
    deletion: request => userChanges.delete(idOf(request), request.user, request.client, request.stepUp),
    end_session: request => {
      const { user_id, session_id = '' } = paramsOf(request)
      return devices.endOf(user_id, session_id, request)
    },
  }

  // Each has a page that asks first, and names all that was chosen in its address: whoever has to authenticate again does so before it, and comes back to it.
  for (const [action, run] of Object.entries(actions)) {
    const ofSession = action === 'end_session'
    const path = ofSession ? '/sessions/:session_id/end' : `/${action}`
    const config = {
      stepUp: 'session',
      errorPage: (_code: string, request: FastifyRequest) => overview(request),
    } as const
    const schema = { params: ofSession ? UserSessionParams : UserParams }

    app.get(path, { config, schema }, async (request, reply) => {
      const { user_id, session_id } = paramsOf(request)
      const user = await users.get(user_id).catch(toNotFound)
      const session = session_id && (await devices.read({ user_id, sid: request.user.sid }, session_id))
      return reply.page('admin/users/confirm', { action, user, session, path: pages.here(request) })
    })

    app.post(path, { config: { ...config, authLimit: true }, schema }, async (request, reply) => {
      await run(request).catch(toNotFound)
      const next = action === 'deletion' ? USERS : `${USERS}/${idOf(request)}`
      return reply.redirect(pages.urlOf(request, next, { done: action }), 303)
    })
  }
}

function undefinedIfGone(error: { code?: string }): undefined {
  if (error.code !== errors.userNotFound.code) throw error
}

export default routes
