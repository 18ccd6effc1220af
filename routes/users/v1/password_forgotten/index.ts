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
        summary: 'Mails a link and a code to choose a new password with, if there is an account',
        description: 'The answer is the same whoever asks. A newer mail voids the link and the code of an older one.',
        body: ref(PasswordForgottenRequest),
        response: { 200: ref(Ok, 'The request is taken') },
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
