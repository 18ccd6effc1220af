import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

/** Lines on the page. */
const NEWEST = 50

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/admin/live', topic: 'admin/live', order: 12 })

  app.get('', async (_request, reply) => {
    const entries = await app.changeEvents.newest(NEWEST)
    const changes = entries.map(({ event, user_id }) => ({ ...event, user_id, actor_id: Number(event.actor) || null }))
    const emails = await app.users.emailsOf(changes.flatMap(({ user_id, actor_id }) => [user_id, actor_id]))
    return reply.page({ name: 'admin/live/list', data: { changes, emails }, live: {} })
  })
}

export default routes
