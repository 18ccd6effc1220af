import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PROVIDER_LOGIN_ERRORS } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { ProviderParams, SocialLoginOutcome, SocialLoginRequest } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { linkedLogins, sessions, social } = app
  if (social.providers.length === 0) return

  app.post(
    '',
    {
      config: {
        access: 'public',
        errors: [...PROVIDER_LOGIN_ERRORS, 'tokenExpired'],
      },
      schema: {
        operationId: 'loginByProvider',
        tags: ['social'],
        summary: 'Log in with a provider, in an application',
        description:
          'Opens a session with what the application got from the provider: an authorization `code` with its `redirect_uri` ' +
          'and `code_verifier`, an `id_token` with its `nonce`, or the `access_token` of Facebook. Sent with an access token of ' +
          'this service, whose user authenticated recently, it links the provider to that account instead. If the provider ' +
          'names no verified email address, `email-required` has a `signup_token` for `POST /social/v1/email`.',
        params: ProviderParams,
        body: ref(SocialLoginRequest),
        response: {
          200: ref(SocialLoginOutcome, 'Tokens, a challenge for the second factor, or that the provider is linked.'),
        },
      },
    },
    async request => {
      const { provider } = request.params
      const caller = app.access.optional(request)
      const stepUp = caller ? await app.stepUp.verify(request) : null
      const { authenticated, useUp } = await social.transactions.finish(provider, request.body, caller?.sid)
      const { identity } = authenticated
      if (caller) {
        await linkedLogins.link(identity, caller, request.client, stepUp, useUp)
        return { status: 'ok' as const }
      }
      const outcome = await linkedLogins.logIn(identity, request.client, useUp)
      return 'mfa_token' in outcome ? outcome : { ...sessions.tokensOf(outcome), email: outcome.email }
    },
  )
}

export default routes
