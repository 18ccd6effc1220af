import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { ref } from '#schemas/ref.ts'
import { ResendVerificationRequest } from '#schemas/resend-verification-email.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { access: 'public', errors: ['emailInvalid'] },
      schema: {
        operationId: 'resendVerificationEmail',
        tags: ['users'],
        summary: 'Resend the verification email',
        description:
          'Sends the link again, if there is an account whose address is not verified yet. The response does not reveal ' +
          'whether there is one.',
        body: ref(ResendVerificationRequest),
        response: { 200: ref(Ok, 'The request is accepted.') },
      },
    },
    async request => {
      await app.mailer.request('email-verification', request.body.email)
      return { status: 'ok' as const }
    },
  )
}

export default routes
