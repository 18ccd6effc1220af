import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PROVIDER_ERRORS } from '#schemas/errors.ts'
import { ReauthenticationResponse } from '#schemas/reauthentication.ts'
import { ref } from '#schemas/ref.ts'
import { ProviderParams, SocialReauthenticationRequest } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { linkedLogins, sessionCookie, sessions, social } = app
  if (social.providers.length === 0) return

  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        errors: [
          ...PROVIDER_ERRORS,
          'loginMethodNotFound',
          'reauthenticationRequired',
          'otpInvalid',
          'recoveryCodeInvalid',
          'userNotFound',
          'tooManyAttempts',
        ],
      },
      schema: {
        operationId: 'reauthenticateByProvider',
        tags: ['social'],
        summary: 'Authenticate again with a provider',
        description:
          'What `POST /users/v1/reauthenticate` is for a password, for users who log in with a provider: start a transaction ' +
          'with the access token and `reauthenticate`, log in at the provider anew, and send the result here, with the second ' +
          'factor if the account has one.',
        params: ProviderParams,
        body: ref(SocialReauthenticationRequest),
        response: {
          200: ref(ReauthenticationResponse, 'The new tokens; or a new cookie, if the caller authenticates with one.'),
        },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const { otp, recovery_code, ...posted } = request.body
      const { user_id, sid } = request.user
      const { authenticated, useUp } = await social.transactions.finish(provider, posted, sid, 'reauthenticate')
      const federated = linkedLogins.confirms(user_id, authenticated.identity, useUp)
      const session = await app.reauthenticate(request.user, { otp, recovery_code, federated }, request.client)
      if (!request.byCookie) return sessions.tokensOf(session)
      sessionCookie.set(reply, session, request.user)
      return { status: 'ok' as const }
    },
  )
}

export default routes
