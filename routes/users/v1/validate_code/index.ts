import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { ResetToken, ValidateCodeRequest } from '#schemas/validate-code.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        errors: ['emailInvalid', 'codeInvalid', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'validateCode',
        tags: ['users'],
        summary: 'Exchange a password reset code',
        description:
          'Exchanges the code from a password reset email for a token that `password_reset` accepts. A code is invalidated ' +
          'after five failed attempts. A code that is wrong, expired, already used or was never sent always returns ' +
          '`code-invalid`.',
        body: ref(ValidateCodeRequest),
        response: { 200: ref(ResetToken, 'The code is correct, and is used up.') },
      },
    },
    async request => {
      const { email, code } = request.body
      return { reset_token: await app.resetCodes.exchange(email, code, request.client) }
    },
  )
}

export default routes
