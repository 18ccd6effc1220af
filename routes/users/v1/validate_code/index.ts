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
        summary: 'Exchanges the code of a password mail for a token that resets the password',
        description:
          'A code that is wrong, used, expired or was never mailed is the same `code-invalid`. After five tries a code is dead.',
        body: ref(ValidateCodeRequest),
        response: { 200: ref(ResetToken, 'The code was right, and is used up') },
      },
    },
    async request => {
      const { email, code } = request.body
      return { reset_token: await app.resetCodes.exchange(email, code, request.client) }
    },
  )
}

export default routes
