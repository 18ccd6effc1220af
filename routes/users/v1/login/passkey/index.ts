import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LoginAnswer } from '#schemas/login.ts'
import { PasskeyLogin } from '#schemas/passkeys.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: ['passkeyRefused', 'accountDisabled', 'emailUnverified', 'userAlreadyLoggedIn'],
      },
      schema: {
        operationId: 'loginByPasskey',
        tags: ['users'],
        summary: 'Opens a session by a passkey alone, and answers its tokens',
        description:
          'No e-mail and no password: a passkey whose user was verified is both factors. Whatever is wrong with it, the answer is `passkey-invalid`.',
        body: ref(PasskeyLogin),
        response: { 200: ref(LoginAnswer, 'The tokens of a new session') },
      },
    },
    async request => {
      const session = await app.login.byPasskey(request.body.credential, request.client)
      return { ...app.sessions.tokensOf(session), email: session.email }
    },
  )
}

export default routes
