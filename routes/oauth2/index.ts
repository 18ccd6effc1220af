import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { HTTPMethods } from 'fastify'
import { InteractionParams } from '#schemas/oauth-pages.ts'

/** The library's endpoints, as in the server metadata; those after the empty line are only redirected to. */
const ENDPOINTS: Record<string, HTTPMethods[]> = {
  '/authorize': ['GET'],
  '/token': ['POST', 'OPTIONS'],
  '/userinfo': ['GET', 'POST', 'OPTIONS'],
  '/introspect': ['POST', 'OPTIONS'],
  '/revoke': ['POST', 'OPTIONS'],
  '/par': ['POST', 'OPTIONS'],
  '/device_authorization': ['POST', 'OPTIONS'],
  '/logout': ['GET'],
  '/jwks': ['GET', 'OPTIONS'],

  '/authorize/:uid': ['GET'],
  '/device': ['GET', 'POST'],
  '/device/:uid': ['GET'],
  '/logout/confirm': ['POST'],
  '/logout/success': ['GET'],
}

/** Read-only despite POST. */
const READS = ['/introspect', '/userinfo']

/** Accept form POSTs, too. @see https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint */
const FORM_PATHS = ['/authorize', '/logout']

/** Limited so that the fields fit into a URL (bytes). */
const FORM_MAX_BYTES = 8192

const routes: FastifyPluginAsyncTypebox = async app => {
  await app.register(redirectForms)
  // The library reads bodies itself.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  for (const [url, methods] of Object.entries(ENDPOINTS))
    for (const method of methods)
      app.route({
        url,
        method,
        // Client secrets cannot be guessed, and one IP address exchanges the codes of many users. User codes are short enough to guess.
        config: {
          access: 'public',
          authLimit: url === '/device' && method === 'POST',
          otherOrigins: 'of-application',
          ...(READS.includes(url) && { isRead: true }),
        },
        // Specified by the RFCs, so not in the OpenAPI document.
        schema: { hide: true, ...(url.endsWith('/:uid') && { params: InteractionParams }) },
        handler: app.openidProvider.respond,
      })
}

/** A form POST from another site comes without our SameSite=Lax cookies: the browser is redirected to repeat it by GET. */
const redirectForms: FastifyPluginAsyncTypebox = async scope => {
  scope.removeAllContentTypeParsers()
  await scope.register(formbody, { bodyLimit: FORM_MAX_BYTES })
  for (const path of FORM_PATHS)
    scope.post(path, { config: { access: 'public', authLimit: false }, schema: { hide: true } }, (request, reply) => {
      const fields = Object.entries(request.body ?? {}).flatMap(([name, value]) =>
        [value].flat().map(each => [name, `${each}`]),
      )
      reply.redirect(`${scope.pages.urlOf(request, `/oauth2${path}`)}?${new URLSearchParams(fields)}`, 303)
    })
}

export default routes
