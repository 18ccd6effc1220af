import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { NewOAuthClient, OAuthClients, OAuthClientsQuery, RegisteredOAuthClient } from '#schemas/oauth-clients.ts'
import { created, ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { oauthClients } = app
  app.openapi.tag({
    name: 'applications',
    description: 'Applications that log their users in here, or call others with tokens of their own.',
    order: 94,
  })

  app.get(
    '',
    {
      schema: {
        operationId: 'listOAuthClients',
        tags: ['applications'],
        summary: 'List applications',
        description: 'Returns the registered applications, newest first. Only for administrators.',
        querystring: OAuthClientsQuery,
        response: { 200: ref(OAuthClients, 'A page of applications.') },
      },
    },
    async request => oauthClients.list(request.query),
  )

  app.post(
    '',
    {
      config: { stepUp: 'session', errors: ['redirectUriInvalid', 'clientMetadataInvalid'] },
      schema: {
        operationId: 'createOAuthClient',
        tags: ['applications'],
        summary: 'Register an application',
        description:
          'Registers an application that may log users in, or get tokens for itself. Its members have the names of RFC 7591. Keep the ' +
          '`client_secret`, which cannot be read again; public clients and those with keys have none. Only for administrators.',
        body: ref(NewOAuthClient),
        response: { 201: created(RegisteredOAuthClient, 'The application, and once its secret.') },
      },
    },
    async (request, reply) => {
      const { client, client_secret } = await oauthClients.create(request.body, request)
      reply.code(201).header('location', `${app.config.PUBLIC_URL}/oauth2/clients/${client.client_id}`)
      return { ...oauthClients.serialize(client), ...(client_secret !== undefined && { client_secret }) }
    },
  )
}

export default routes
