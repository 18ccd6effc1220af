import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ClientSecret, OAuthClientParams, SecretRotation } from '#schemas/oauth-clients.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { oauthClients } = app

  app.post(
    '',
    {
      config: {
        stepUp: 'session',
        optionalBody: true,
        errors: ['notFound', 'clientWithoutSecret', 'changedMeanwhile'],
      },
      schema: {
        operationId: 'rotateClientSecret',
        tags: ['applications'],
        summary: "Rotate an application's secret",
        description:
          'Makes a new secret, which cannot be read again. The previous one stays valid for `OAUTH_SECRET_OVERLAP_SECONDS`, the one before ' +
          'it does not. Of two rotations at once one is refused. Only for administrators.',
        params: OAuthClientParams,
        body: ref(SecretRotation),
        response: { 200: ref(ClientSecret, 'The new secret.') },
      },
    },
    async request => {
      const { client, client_secret } = await oauthClients.rotateSecret(request.params.client_id, request, request.body)
      const { previous_secret_expires } = oauthClients.serialize(client)
      return { client_secret, previous_secret_expires }
    },
  )
}

export default routes
