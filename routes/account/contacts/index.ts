import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ContactListQuery } from '#schemas/contact-pages.ts'

const PATH = '/account/contacts'

/** What the list begins with. */
const BIRTHDAYS = { days: 14, limit: 10 }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: PATH, topic: 'account/contacts', order: 65 })

  app.get('', { schema: { querystring: ContactListQuery } }, async (request, reply) => {
    const { q = '', cursor } = request.query
    // Turning pages of the whole list is not limited: it looks for nothing.
    if (q !== '') await app.contacts.limits.search(request)
    const page = await app.contacts.list(request.user.user_id, { q, ...(cursor !== undefined && { cursor }) })
    const first = q === '' && cursor === undefined
    const birthdays = first ? (await app.contacts.birthdays(request.user.user_id, BIRTHDAYS)).results : []
    const data = { ...page, q, cursor, birthdays, first }
    // A search that is repeated by itself would use up those that its user may make.
    return reply.page({ name: 'account/contacts/list', data, live: q === '' ? { channels: ['contact'] } : undefined })
  })
}

export default routes
