import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { OAuthClient, OAuthClientParams, OAuthClientUpdate } from '#schemas/oauth-clients.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { oauthClients } = app

  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'getOAuthClient',
        tags: ['applications'],
        summary: 'Get an application',
        description: 'Returns an application, without its secret. Only for administrators.',
        params: OAuthClientParams,
        response: { 200: ref(OAuthClient, 'The application.') },
      },
    },
    async request => oauthClients.read(request.params.client_id),
  )

  app.patch(
    '',
    {
      config: { stepUp: 'session', errors: ['notFound', 'redirectUriInvalid', 'clientMetadataInvalid'] },
      schema: {
        operationId: 'updateOAuthClient',
        tags: ['applications'],
        summary: 'Update an application',
        description:
          'Changes the given members and keeps the others; `null` brings back the default, or removes what has none. An application that ' +
          'becomes public loses its secret; one that is to have a secret again gets it by a rotation. If it may get tokens for itself ' +
          'with fewer rights than before, those that it has are invalid at once. Only for administrators.',
        params: OAuthClientParams,
        body: ref(OAuthClientUpdate),
        response: { 200: ref(OAuthClient, 'The updated application.') },
      },
    },
    async request => oauthClients.serialize(await oauthClients.update(request.params.client_id, request.body, request)),
  )

  app.delete(
    '',
    {
      config: { stepUp: 'session', errors: ['notFound'] },
      schema: {
        operationId: 'deleteOAuthClient',
        tags: ['applications'],
        summary: 'Delete an application',
        description: 'Deletes an application. Its secret and its tokens are invalid at once. Only for administrators.',
        params: OAuthClientParams,
        response: { 200: ref(Ok, 'The application is deleted.') },
      },
    },
    async request => {
      await oauthClients.remove(request.params.client_id, request)
      return { status: 'ok' as const }
    },
  )
}

export default routes
