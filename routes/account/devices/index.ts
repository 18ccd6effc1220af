import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ListQuery } from '#schemas/hosted-pages.ts'
import { SessionParams } from '#schemas/sessions.ts'

const PATH = '/account/devices'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { devices, pages } = app
  const schema = { querystring: ListQuery }
  app.console.section({ path: PATH, topic: 'account/devices', order: 50 })

  async function list({ user }: FastifyRequest, query: ListQuery = {}) {
    const data = await devices.list(user, query)
    return { name: 'account/devices/list', data: { ...data, cursor: query.cursor, resourceOf: app.resourceOf } }
  }

  /** The first page: that of the form may be empty by now. */
  const errorPage = async (_code: string, request: FastifyRequest) => {
    const { name, data } = await list(request)
    return { name, data: { ...data, here: { path: PATH, query: { cursor: undefined } } } }
  }

  app.get('', { schema }, async (request, reply) =>
    reply.page({ ...(await list(request, request.query)), live: { channels: ['session'] } }),
  )

  app.post(
    '/:session_id/end',
    { config: { errorPage }, schema: { ...schema, params: SessionParams } },
    async (request, reply) => {
      const { session_id } = request.params
      const { application } = await devices.read(request.user, session_id)
      await devices.end(session_id, request.user, request.client)
      const { cursor } = request.query
      const done = application ? 'application' : 'ended'
      return reply.redirect(pages.urlOf(request, PATH, { done, cursor }), 303)
    },
  )

  app.post('/end_others', { config: { errorPage }, schema }, async (request, reply) => {
    await devices.endOthers(request.user, request.client)
    return reply.redirect(pages.urlOf(request, PATH, { done: 'others' }), 303)
  })
}

export default routes
