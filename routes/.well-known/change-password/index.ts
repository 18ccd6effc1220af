import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

/** Where password managers send people. @see https://www.w3.org/TR/change-password-url/ */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { access: 'public', withoutDatabase: true },
      schema: { hide: true },
    },
    (request, reply) => void reply.redirect(app.pages.urlOf(request, '/account/password'), 303),
  )
}

export default routes
