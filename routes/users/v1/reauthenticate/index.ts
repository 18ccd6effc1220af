import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ReauthenticationRequest, ReauthenticationResponse } from '#schemas/reauthentication.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        errors: [
          'reauthenticationRequired',
          'passwordWrong',
          'otpInvalid',
          'recoveryCodeInvalid',
          'passkeyInvalid',
          'accountDisabled',
          'emailUnverified',
          'userNotFound',
          'tooManyAttempts',
        ],
      },
      schema: {
        operationId: 'reauthenticate',
        tags: ['users'],
        summary: 'Authenticate again',
        description:
          'Proves that the user is present, for changes that a stolen token alone must not make. Returns the next tokens of ' +
          'this session, and invalidates the previous ones. With the new access token, and until the next rotation, ' +
          'sensitive changes need no further proof for `REAUTHENTICATION_SECONDS` (900). For a passkey, get the options from ' +
          '`POST /users/v1/reauthenticate/options`.',
        body: ref(ReauthenticationRequest),
        response: {
          200: ref(
            ReauthenticationResponse,
            'The new tokens; or a new cookie, if the caller authenticates with the session cookie.',
          ),
        },
      },
    },
    async (request, reply) => {
      const session = await app.reauthenticate(request.user, request.body, request.client)
      if (!request.byCookie) return app.sessions.tokensOf(session)
      app.sessionCookie.set(reply, session, request.user)
      return { status: 'ok' as const }
    },
  )
}

export default routes
