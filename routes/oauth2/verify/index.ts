import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { AllowedByScope, verifyQuery } from '#schemas/forward-auth.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { allow, ignoreBodies, methods } = app.gateways
  ignoreBodies(app)

  const querystring = verifyQuery(app.oauthResources.map(({ resource }) => resource))
  const route = {
    // Envoy appends the path and the query of the original request: no other path is taken, so that the query is the gateway's.
    url: '',
    config: {
      demand,
      withoutUser: true,
      // The CORS plugin would answer a preflight, and a gateway takes that for permission.
      cors: false,
      errors: ['crossSite' as const, 'insufficientScope' as const],
    },
    handler: allow,
  }

  app.route({
    ...route,
    method: 'GET',
    schema: {
      operationId: 'verify',
      tags: ['gateways'],
      summary: 'Authenticate a request to another service, also of an application',
      description:
        'The same as `/forward_auth/v1/`, for gateways that let applications pass too, if their access token has the scopes that the service ' +
        'behind the gateway wants. The query must be fixed in the settings of the gateway. A token that is bound to a key (DPoP) does not ' +
        'pass: its proof is about the original request.',
      querystring,
      response: { 204: AllowedByScope },
    },
  })
  app.route({
    ...route,
    method: methods().filter(method => method !== 'GET'),
    schema: { hide: true, querystring } as object,
  })
}

/** The query is not validated yet, so it may hold anything. */
function demand({ query }: FastifyRequest) {
  const { scope = '', resource } = query as Record<string, unknown>
  return {
    scopes: String(scope).split(' ').filter(Boolean),
    resource: resource === undefined ? undefined : String(resource),
  }
}

export default routes
