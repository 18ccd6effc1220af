import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { PasswordForgottenRequest } from '#schemas/password-forgotten.ts'
import { ref } from '#schemas/ref.ts'
import { addMail } from '#sql/outbox.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { access: 'public', errors: ['emailInvalid'] },
      schema: {
        operationId: 'forgetPassword',
        tags: ['users'],
        summary: 'Request a password reset',
        description:
          'Sends an email with a link and a code to reset the password, if the account exists. The response does not reveal ' +
          'whether it does. A new email invalidates the link and the code of the previous one.',
        body: ref(PasswordForgottenRequest),
        response: { 200: ref(Ok, 'The request is accepted.') },
      },
    },
    async request => {
      // No look-up here, so the response time reveals nothing: the mail worker finds the account.
      await addMail(app.db, { template: 'password-forgotten', user_id: null, recipient: request.body.email })
      app.mailer.wake()
      return { status: 'ok' as const }
    },
  )
}

export default routes
