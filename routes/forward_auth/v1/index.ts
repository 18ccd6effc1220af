import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { RouteHandlerMethod } from 'fastify'
import { Allowed } from '#schemas/forward-auth.ts'
import { isOriginalSafe } from './original-request.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'gateways', description: 'Authenticate requests to other services.', order: 97 })

  // A gateway may send the original request's body along. It is not read.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  // The CORS plugin would answer a preflight, and a gateway takes that for permission.
  const config = { cors: false, errors: ['crossSite' as const] }

  const allow: RouteHandlerMethod = async (request, reply) => {
    // The cookie comes along whatever page made the request. The guard knows the method of this request only.
    if (request.byCookie && !isOriginalSafe(request)) app.sessionCookie.requireTrustedOrigin(request)
    const { user_id, access_role, sid } = request.user
    reply.header('x-auth-user', String(user_id)).header('x-auth-role', access_role).header('x-auth-session', sid)
    return reply.code(204).send()
  }

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
  const methods = app.supportedMethods.filter(method => method !== 'HEAD')
  const hidden = { config, schema: { hide: true } as object }
  app.route({ ...hidden, method: methods.filter(method => method !== 'GET'), url: '/', handler: allow })
  app.route({ ...hidden, method: methods, url: '/*', handler: allow })
}

export default routes
