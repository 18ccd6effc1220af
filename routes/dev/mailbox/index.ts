import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { errors } from '#schemas/errors.ts'
import { Mailbox, MailboxQuery } from '#schemas/mailbox.ts'
import { ref } from '#schemas/ref.ts'
import { isOwnHost } from './host.ts'
import { mailboxPage, PAGE_HEADERS } from './page.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { mailbox } = app
  if (!mailbox) return
  const { PUBLIC_URL } = app.config
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
      if (!isOwnHost(request.headers.host, PUBLIC_URL)) {
        request.log.warn('development mailbox refused: it is served to loopback hosts and the host of PUBLIC_URL only')
        throw errors.notFound()
      }
      const response = { mails: mailbox.list(request.query.to) }
      reply.header('vary', 'accept')
      if (!request.headers.accept?.includes('text/html')) return response
      // Fastify sends a string as it is if its content type is not JSON; the types do not know.
      return reply.headers(PAGE_HEADERS).send(mailboxPage(app.pages.html, response) as never)
    },
  )
}

export default routes
