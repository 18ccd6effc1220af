import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { ProviderParams, Transaction, TransactionRequest } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { access, social } = app
  if (social.providers.length === 0) return

  app.post(
    '',
    {
      config: {
        optionalBody: true,
        access: 'public',
        authLimit: false,
        errors: ['providerNotFound', 'providerUnavailable', 'tokenInvalid', 'tokenExpired'],
      },
      schema: {
        operationId: 'startProviderLogin',
        tags: ['social'],
        summary: 'Start a login with a provider, in an application',
        description:
          'Returns the URL to send the user to, and a `transaction` that holds state, nonce and PKCE verifier: sent along with ' +
          'the code or ID token, it makes sure that they belong to this login, and are used once. Sent with an access token, it ' +
          'is bound to that session: for linking.',
        params: ProviderParams,
        body: ref(TransactionRequest),
        response: { 200: ref(Transaction, 'The transaction.') },
      },
    },
    async request => social.transactions.start(request.params.provider, request.body, access.optional(request)?.sid),
  )
}

export default routes
