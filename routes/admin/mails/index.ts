import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ListQuery } from '#schemas/hosted-pages.ts'
import { ParkedMailParams } from '#schemas/parked-mails.ts'

const PATH = '/admin/mails'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, parkedMails } = app
  app.console.section({ path: PATH, topic: 'admin/mails', order: 20 })

  async function list(query: ListQuery = {}) {
    const { results, next_cursor } = await parkedMails.list(query)
    return { name: 'admin/mails/list', data: { mails: results, cursor: query.cursor, next_cursor } }
  }

  const firstPage = { errorPage: () => list() }

  app.get('', { schema: { querystring: ListQuery } }, async (request, reply) => reply.page(await list(request.query)))

  app.get('/:mail_id', { config: firstPage, schema: { params: ParkedMailParams } }, async (request, reply) =>
    reply.page('admin/mails/mail', { mail: await parkedMails.read(request.params.mail_id) }),
  )

  app.post('/:mail_id/retry', { config: firstPage, schema: { params: ParkedMailParams } }, async (request, reply) => {
    await parkedMails.retry(request.params.mail_id, request.user, request.client)
    return reply.redirect(back(request), 303)
  })

  app.post('/retry', { config: firstPage }, async (request, reply) => {
    await parkedMails.retryAll(request.user, request.client)
    return reply.redirect(back(request), 303)
  })

  const back = (request: FastifyRequest) => pages.urlOf(request, PATH, { done: 'retried' })
}

export default routes
