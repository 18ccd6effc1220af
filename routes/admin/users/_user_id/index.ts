import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { UserOrSessionParams } from '#schemas/admin-pages.ts'
import { errors, toNotFound, undefinedIfGone } from '#schemas/errors.ts'
import { ListQuery } from '#schemas/hosted-pages.ts'
import { type User, UserParams, type UserUpdate } from '#schemas/users.ts'

const USERS = '/admin/users'

/** Rows of each list on the page. */
const NEWEST = 10

interface Action {
  run(request: FastifyRequest, params: UserOrSessionParams): Promise<unknown>
  /** Below that of the user; the action's name by default. */
  path?: string
  /** Does it take something away that does not come back by itself? */
  danger?: true
  /** To everybody by default. */
  applies?(user: User): boolean
  /** Is there something to be told about this user first? */
  warns?(user: User): Promise<boolean>
  /** The page that follows; that of the user by default. */
  next?: string
}

const routes: FastifyPluginAsyncTypebox = async app => {
  const { auditEvents, devices, linkedLogins, pages, secondFactors, userChanges, users } = app

  const update =
    (change: UserUpdate): Action['run'] =>
    ({ user, client, stepUp }, { user_id }) =>
      userChanges.update(user_id, change, user, client, { stepUp })

  const actions: Record<string, Action> = {
    sign_out: { run: (request, { user_id }) => devices.endAllOf(user_id, request) },
    remove_factors: {
      danger: true,
      applies: ({ mfa_enabled }) => mfa_enabled,
      warns: async ({ id }) => (await linkedLogins.list(id)).every(({ provider }) => provider === 'passkey'),
      run: ({ user, client, stepUp }, { user_id }) => secondFactors.remove(user_id, user, client, stepUp),
    },
    promote: { applies: ({ access_role }) => access_role !== 'admin', run: update({ access_role: 'admin' }) },
    demote: { applies: ({ access_role }) => access_role === 'admin', run: update({ access_role: 'basic' }) },
    disable: { danger: true, applies: ({ disabled }) => !disabled, run: update({ disabled: true }) },
    enable: { applies: ({ disabled }) => disabled, run: update({ disabled: false }) },
    deletion: {
      danger: true,
      next: USERS,
      run: ({ user, client, stepUp }, { user_id }) => userChanges.delete(user_id, user, client, stepUp),
    },
    end_session: {
      path: 'sessions/:session_id/end',
      run: (request, { user_id, session_id = '' }) => devices.endOf(user_id, session_id, request),
    },
  }

  const applies = (action: Action, user: User) => action.applies?.(user) ?? true

  /** Those of the user as a whole that make a difference. */
  const actionsFor = (user: User) =>
    Object.entries(actions)
      .filter(([, action]) => !action.path && applies(action, user))
      .map(([name, { danger }]) => ({ name, danger }))

  /** The first page of the sessions, unless it is asked for another. Undefined if there is no such user. */
  async function overview(id: User['id'], caller: FastifyRequest['user'], { cursor }: ListQuery = {}) {
    const user = await users.get(id).catch(undefinedIfGone)
    if (!user) return undefined
    const page = { limit: NEWEST, ...(cursor !== undefined && { cursor }) }
    const { results: sessions, next_cursor } = await devices.list({ user_id: id, sid: caller.sid }, page)
    const events = await auditEvents.list({ user_id: id }, { limit: NEWEST }, caller)
    const data = {
      user,
      actions: actionsFor(user),
      sessions,
      cursor,
      next_cursor,
      factors: await secondFactors.list(id),
      methods: (await linkedLogins.list(id)).map(method => app.social.nameOf(method.provider)),
      events: devices.describeIn(events.results),
      emails: await users.emailsOf(events.results.map(({ actor_id }) => actor_id)),
      isSelf: id === caller.user_id,
    }
    return { name: 'admin/users/user', data }
  }

  app.get('', { schema: { querystring: ListQuery, params: UserParams } }, async ({ params, query, user }, reply) => {
    const page = await overview(params.user_id, user, query)
    if (!page) throw errors.notFound()
    return reply.page({ ...page, live: { userId: params.user_id } })
  })

  async function userFor(action: Action, { user_id }: UserOrSessionParams): Promise<User> {
    const user = await users.get(user_id).catch(toNotFound)
    if (!applies(action, user)) throw errors.notFound()
    return user
  }

  /** The session that an action is about, if it is about one. */
  async function sessionIn({ user_id, session_id }: UserOrSessionParams, { sid }: FastifyRequest['user']) {
    return session_id === undefined ? undefined : devices.read({ user_id, sid }, session_id)
  }

  // Each has a page that asks first, and names all that was chosen in its address: whoever has to authenticate again does so before it, and comes back to it.
  for (const [name, action] of Object.entries(actions)) {
    const path = `/${action.path ?? name}`
    const config = {
      stepUp: 'session',
      errorPage: (_code: string, { params, user }: FastifyRequest) =>
        overview((params as UserOrSessionParams).user_id, user),
    } as const
    const schema = { params: UserOrSessionParams }

    app.get(path, { config, schema }, async ({ params, url, user: caller }, reply) => {
      const user = await userFor(action, params)
      return reply.page('admin/users/confirm', {
        action: name,
        danger: action.danger,
        warns: await action.warns?.(user),
        user,
        session: await sessionIn(params, caller),
        // Without its query: nothing that led here stays in the form.
        path: url.split('?', 1)[0],
      })
    })

    app.post(path, { config: { ...config, authLimit: true }, schema }, async (request, reply) => {
      const { params } = request
      await userFor(action, params)
      const session = await sessionIn(params, request.user)
      await action.run(request, params).catch(toNotFound)
      const done = session?.application ? 'end_application' : name
      return reply.redirect(pages.urlOf(request, action.next ?? `${USERS}/${params.user_id}`, { done }), 303)
    })
  }
}

export default routes
