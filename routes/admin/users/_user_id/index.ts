import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { RoleForm } from '#schemas/admin-pages.ts'
import { toNotFound } from '#schemas/errors.ts'
import { PageQuery } from '#schemas/hosted-pages.ts'
import { UserParams, type UserUpdate } from '#schemas/users.ts'

/** Rows of each list on the page. */
const NEWEST = 10

const page = { querystring: PageQuery, params: UserParams }

const routes: FastifyPluginAsyncTypebox = async app => {
  const { auditEvents, devices, linkedLogins, pages, secondFactors, userChanges, users } = app
  const idOf = ({ params }: FastifyRequest) => (params as { user_id: number }).user_id

  async function overview(request: FastifyRequest) {
    const id = idOf(request)
    const user = await users.get(id).catch(toNotFound)
    const sessions = await devices.list({ user_id: id, sid: request.user.sid }, { limit: NEWEST })
    const events = await auditEvents.list({ user_id: id }, { limit: NEWEST }, request.user)
    const data = {
      user,
      sessions,
      factors: await secondFactors.list(id),
      methods: (await linkedLogins.list(id)).map(method => app.social.nameOf(method.provider)),
      events: devices.describeIn(events.results),
      isSelf: id === request.user.user_id,
    }
    return { name: 'admin/users/user', data }
  }

  const sensitive = {
    authLimit: true,
    stepUp: 'session',
    errorPage: (_code: string, request: FastifyRequest) => overview(request),
  } as const

  const back = (request: FastifyRequest, done: string) =>
    pages.urlOf(request, `/admin/users/${idOf(request)}`, { done })

  const update = ({ user, client, stepUp, params }: FastifyRequest, change: UserUpdate) =>
    userChanges.update((params as { user_id: number }).user_id, change, user, client, stepUp).catch(toNotFound)

  app.get('', { schema: page }, async (request, reply) => reply.page(await overview(request)))

  for (const [path, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const)
    app.post(`/${path}`, { config: sensitive, schema: page }, async (request, reply) => {
      await update(request, { disabled })
      return reply.redirect(back(request, path), 303)
    })

  app.post('/role', { config: sensitive, schema: { ...page, body: RoleForm } }, async (request, reply) => {
    await update(request, request.body)
    return reply.redirect(back(request, 'role'), 303)
  })

  app.post('/sign_out', { config: sensitive, schema: page }, async (request, reply) => {
    await devices.endAllOf(idOf(request), request).catch(toNotFound)
    return reply.redirect(back(request, 'sign_out'), 303)
  })

  app.post('/remove_factors', { config: sensitive, schema: page }, async (request, reply) => {
    const { user, client, stepUp } = request
    await secondFactors.remove(idOf(request), user, client, stepUp)
    return reply.redirect(back(request, 'remove_factors'), 303)
  })

  app.get('/deletion', { config: { stepUp: 'session' }, schema: page }, async (request, reply) =>
    reply.page('admin/users/deletion', { user: await users.get(idOf(request)).catch(toNotFound) }),
  )

  app.post('/deletion', { config: sensitive, schema: page }, async (request, reply) => {
    const { user, client, stepUp } = request
    await userChanges.delete(idOf(request), user, client, stepUp).catch(toNotFound)
    return reply.redirect(pages.urlOf(request, '/admin/users', { done: 'deleted' }), 303)
  })
}

export default routes
