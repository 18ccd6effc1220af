import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ParkedMailListQuery, ParkedMailParams } from '#schemas/parked-mails.ts'

const PATH = '/admin/mails'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, parkedMails } = app
  app.console.section({ path: PATH, topic: 'admin/mails', order: 20 })

  async function list({ retried, left, ...query }: ParkedMailListQuery = {}) {
    const { results, next_cursor } = await parkedMails.list(query)
    return { name: 'admin/mails/list', data: { mails: results, cursor: query.cursor, next_cursor, retried, left } }
  }

  const firstPage = { errorPage: () => list() }

  app.get('', { schema: { querystring: ParkedMailListQuery } }, async (request, reply) =>
    reply.page(await list(request.query)),
  )

  app.get('/:mail_id', { config: firstPage, schema: { params: ParkedMailParams } }, async (request, reply) =>
    reply.page('admin/mails/mail', { mail: await parkedMails.read(request.params.mail_id) }),
  )

  app.post('/:mail_id/retry', { config: firstPage, schema: { params: ParkedMailParams } }, async (request, reply) => {
    await parkedMails.retry(request.params.mail_id, request.user, request.client)
    return reply.redirect(pages.urlOf(request, PATH, { done: 'retried' }), 303)
  })

  app.post('/retry', { config: firstPage }, async (request, reply) => {
    const { retried, parked } = await parkedMails.retryAll(request.user, request.client)
    return reply.redirect(pages.urlOf(request, PATH, { retried: `${retried}`, left: `${parked}` }), 303)
  })
}

export default routes
