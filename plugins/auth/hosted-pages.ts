// app.hostedPages: what every folder of pages has in common. Forms come from our own pages only, and whoever is not signed in is led to the sign-in page.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { PageQuery } from '#schemas/hosted-pages.ts'
import { isSafe } from './access/safe-methods.ts'

declare module 'fastify' {
  interface FastifyInstance {
    hostedPages: {
      /** Call it in the folder's `autohooks.ts`. Routes without an `operationId` are not in the OpenAPI document, and take a `PageQuery` unless they say otherwise. */
      serve(scope: FastifyInstance): Promise<void>
    }
  }
}

export default fp(
  async app => {
    app.decorate('hostedPages', {
      async serve(scope) {
        scope.addHook('onSend', async (request, reply, payload) => {
          if (reply.statusCode !== 401 || !isVisit(app, request)) return payload
          reply
            .code(303)
            .header('location', app.pages.urlOf(request, '/signin', { redirect_to: app.pages.here(request) }))
          reply.removeHeader('www-authenticate')
          return ''
        })
        // Where browsers send no Sec-Fetch-Site, the check of a form's origin needs its Origin, which `no-referrer` would withhold. No URL here is a secret.
        scope.addHook('onRequest', async (_request, reply) => void reply.header('referrer-policy', 'same-origin'))
        // What is no operation of the API is for people alone.
        scope.addHook('onRoute', route => {
          if (route.schema?.operationId === undefined)
            route.schema = { hide: true, querystring: PageQuery, ...route.schema }
        })
        await app.pages.serve(scope)
        // Login CSRF: another site must not sign a browser in to an account of its own choice. Guarded routes have a check of their own.
        scope.addHook('preValidation', async request => {
          if (!isSafe(request.method)) app.sessionCookie.rejectCrossSite(request)
        })
      },
    })
  },
  { name: 'hosted-pages', dependencies: ['access', 'config', 'pages', 'session-cookie'] },
)

/** A browser that asks for a page of somebody who is signed in. */
function isVisit(app: FastifyInstance, request: FastifyRequest): boolean {
  return isSafe(request.method) && app.pages.wanted(request) && request.routeOptions.config.access !== 'public'
}
