import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { errors } from '#schemas/errors.ts'
import { MailParams } from '#schemas/mailbox.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { mailbox } = app
  if (!mailbox) return
  const { APP_LOGO } = app.config

  /** A mail as a mail reader treats it: no scripts, no forms, none of our origin's rights. Links open a tab. */
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      ...(APP_LOGO ? [`img-src ${APP_LOGO}`] : []),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
      'sandbox allow-popups allow-popups-to-escape-sandbox',
    ].join('; '),
    // Browsers refuse a page that is sandboxed and isolated at once.
    'cross-origin-opener-policy': 'unsafe-none',
    'x-frame-options': 'SAMEORIGIN',
  }

  app.get(
    '',
    {
      config: { access: 'public', errors: ['notFound'] },
      schema: { hide: true, params: MailParams },
    },
    async (request, reply) => {
      const mail = mailbox.find(request.params.mail_id)
      if (!mail) throw errors.notFound()
      return reply.headers(headers).send(mail.html)
    },
  )
}

export default routes
