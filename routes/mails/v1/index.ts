import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import {
  ParkedMailContent,
  ParkedMailParams,
  ParkedMails,
  ParkedMailsQuery,
  RetriedMails,
} from '#schemas/parked-mails.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'mails', description: 'Mails that could not be delivered.', order: 96 })

  app.get(
    '/',
    {
      schema: {
        operationId: 'listParkedMails',
        tags: ['mails'],
        summary: 'List parked mails',
        description:
          'Returns the mails that were given up: their recipients do not exist, or no server has accepted them for a day. ' +
          'Those given up first come first. They are kept for seven days. Only for administrators.',
        querystring: ParkedMailsQuery,
        response: { 200: ref(ParkedMails, 'A page of parked mails.') },
      },
    },
    async request => app.parkedMails.list(request.query),
  )

  app.get(
    '/:mail_id',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'getParkedMail',
        tags: ['mails'],
        summary: 'Read a parked mail',
        description:
          'Returns what the mail would say now, in the language of its recipient. In place of links there is an ellipsis, ' +
          'and codes are left out: they are for the recipient alone. Only for administrators.',
        params: ParkedMailParams,
        response: { 200: ref(ParkedMailContent, 'The mail.') },
      },
    },
    async request => app.parkedMails.read(request.params.mail_id),
  )

  app.post(
    '/:mail_id/retry',
    {
      config: { errors: ['notFound', 'userNotFound'] },
      schema: {
        operationId: 'retryMail',
        tags: ['mails'],
        summary: 'Retry a parked mail',
        description:
          'Has the mail sent again. If it has become obsolete meanwhile, it is dropped. Only for administrators.',
        params: ParkedMailParams,
        response: { 200: ref(Ok, 'The mail is being retried.') },
      },
    },
    async request => {
      await app.parkedMails.retry(request.params.mail_id, request.user, request.client)
      return { status: 'ok' as const }
    },
  )

  app.post(
    '/retry',
    {
      config: { errors: ['userNotFound'] },
      schema: {
        operationId: 'retryMails',
        tags: ['mails'],
        summary: 'Retry all parked mails',
        description:
          'Has up to 1,000 mails sent again, those given up first. Those that have become obsolete meanwhile are dropped. ' +
          'Only for administrators.',
        response: { 200: ref(RetriedMails, 'How many mails are being retried.') },
      },
    },
    async request => app.parkedMails.retryAll(request.user, request.client),
  )
}

export default routes
