import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { DecisionForm, VaccinationQueueQuery } from '#schemas/vaccination-pages.ts'
import { STATUSES, VaccinationParams } from '#schemas/vaccinations.ts'

const PATH = '/admin/vaccinations'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, users, vaccinations } = app
  app.console.section({ path: PATH, topic: 'admin/vaccinations', order: 15 })

  app.get('', { schema: { querystring: VaccinationQueueQuery } }, async ({ query, user }, reply) => {
    const { status = 'pending', cursor } = query
    const { results, next_cursor } = await vaccinations.list({ status, ...(cursor !== undefined && { cursor }) }, user)
    const data = { vaccinations: results, statuses: STATUSES, status, cursor, next_cursor }
    return reply.page({ name: 'admin/vaccinations/list', data, live: { channels: ['vaccination'] } })
  })

  async function question(request: FastifyRequest) {
    const { vaccination_id } = request.params as { vaccination_id: string }
    const vaccination = await vaccinations.read(vaccination_id, request.user)
    const emails = await users.emailsOf([vaccination.user_id, vaccination.decided_by])
    const isOwn = vaccination.user_id === request.user.user_id
    const data = { vaccination, emails, isOwn, here: { path: `${PATH}/${vaccination_id}` } }
    return { name: 'admin/vaccinations/vaccination', data }
  }

  const schema = { params: VaccinationParams }

  app.get('/:vaccination_id', { config: { stepUp: 'session' }, schema }, async (request, reply) =>
    reply.page({ ...(await question(request)), live: { channels: ['vaccination'] } }),
  )

  app.post(
    '/:vaccination_id',
    {
      config: {
        stepUp: 'session',
        errorPage: (code, request) => (code === errors.notFound.code ? undefined : question(request)),
      },
      schema: { ...schema, body: DecisionForm },
    },
    async (request, reply) => {
      const { decision, reason } = request.body
      await vaccinations.decide(request.params.vaccination_id, { decision, ...(reason && { reason }) }, request)
      return reply.redirect(pages.urlOf(request, PATH, { done: decision }), 303)
    },
  )
}

export default routes
