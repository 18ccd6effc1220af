import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Mailbox, MailboxQuery } from '#schemas/mailbox.ts'
import { ref } from '#schemas/ref.ts'
import { mailboxPage, PAGE_HEADERS } from './page.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { mailbox } = app
  if (!mailbox) return
  app.openapi.tag({ name: 'development', description: 'Helpers that do not exist in production.', order: 99 })

  app.get(
    '',
    {
      config: { access: 'public', errors: ['notFound'] },
      schema: {
        operationId: 'readMailbox',
        tags: ['development'],
        summary: 'List development mails',
        description:
          'Returns the mails that would have been sent if `SMTP_URL` were set, newest first. A browser gets a page. This ' +
          'operation does not exist in production.',
        produces: ['application/json', 'text/html'],
        querystring: MailboxQuery,
        response: { 200: ref(Mailbox, 'The mails.') },
      },
    },
    async (request, reply) => {
      const response = { mails: mailbox.list(request.query.to) }
      reply.header('vary', 'accept')
      if (!app.pages.wanted(request)) return response
      // Fastify sends a string as it is if its content type is not JSON; the types do not know.
      return reply
        .headers(PAGE_HEADERS)
        .send(mailboxPage(app.pages.html, app.pages.urlOf(request, '/dev/mailbox'), response) as never)
    },
  )
}

export default routes
