// app.gateways: says whether a request to another service may pass, and in headers whose it is.
import type { HTTPMethods, RouteHandlerMethod } from 'fastify'
import fp from 'fastify-plugin'
import { callerIn } from './caller.ts'
import { isOriginalSafe } from './original-request.ts'

declare module 'fastify' {
  interface FastifyInstance {
    gateways: {
      /** Responds to a request that the guard has let pass. */
      allow: RouteHandlerMethod
      /** Takes any body, and reads none: a gateway may send the original request's along. */
      ignoreBodies(scope: FastifyInstance): void
      /** Those of an original request, but HEAD, which comes with GET. */
      methods(): HTTPMethods[]
    }
  }
}

export default fp(
  async app => {
    const allow: RouteHandlerMethod = async (request, reply) => {
      // The cookie comes along whatever page made the request. The guard knows the method of this request only.
      if (request.byCookie && !isOriginalSafe(request)) app.sessionCookie.requireTrustedOrigin(request)
      return reply.code(204).headers(callerIn(request)).send()
    }

    app.decorate('gateways', {
      allow,
      ignoreBodies(scope) {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      },
      methods: () => app.supportedMethods.filter(method => method !== 'HEAD') as HTTPMethods[],
    })
  },
  { name: 'gateways', dependencies: ['access', 'session-cookie'] },
)
