import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { PasswordForgottenRequest } from '#schemas/password-forgotten.ts'
import { ref } from '#schemas/ref.ts'

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
      await app.mailer.request('password-forgotten', request.body.email)
      return { status: 'ok' as const }
    },
  )
}

export default routes
