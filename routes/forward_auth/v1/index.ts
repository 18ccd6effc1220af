import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Allowed } from '#schemas/forward-auth.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'gateways', description: 'Authenticate requests to other services.', order: 97 })

  const { allow, ignoreBodies, methods } = app.gateways
  ignoreBodies(app)

  // The CORS plugin would answer a preflight, and a gateway takes that for permission.
  const config = { cors: false, errors: ['crossSite' as const] }

  app.get(
    '/',
    {
      config,
      schema: {
        operationId: 'forwardAuth',
        tags: ['gateways'],
        summary: 'Authenticate a request to another service',
        description:
          'For gateways that ask before they pass a request on (nginx `auth_request`, `forward_auth` of Caddy, ForwardAuth of Traefik, ' +
          '`ext_authz` of Envoy). Takes the access token or the session cookie, by any method and with anything after the path. With a ' +
          'cookie, `X-Original-Method` or `X-Forwarded-Method` must name the method of the original request, unless a page of the same origin makes it.',
        response: { 204: Allowed },
      },
    },
    allow,
  )

  // Envoy keeps the method and appends the path of the original request.
  const hidden = { config, schema: { hide: true } as object }
  app.route({ ...hidden, method: methods().filter(method => method !== 'GET'), url: '/', handler: allow })
  app.route({ ...hidden, method: methods(), url: '/*', handler: allow })
}

export default routes
