import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuthorizeQuery, ProviderParams, redirectForScripts } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  if (app.social.providers.length === 0) return

  app.get(
    '',
    {
      config: {
        // A redirect costs what a page costs: it counts against the IP address's general limit.
        access: 'public',
        errors: ['providerNotFound', 'providerUnavailable', 'redirectNotAllowed'],
        errorPage: () => ({ name: 'social/failed' }),
      },
      schema: {
        operationId: 'authorizeProviderLogin',
        tags: ['social'],
        summary: 'Log in with a provider, in a browser',
        description:
          'Redirects a browser to the provider, which sends it back to `…/callback`. What the login needs is in an encrypted ' +
          'cookie of this browser for ten minutes.',
        params: ProviderParams,
        querystring: AuthorizeQuery,
        response: {
          200: redirectForScripts,
          302: { type: 'null', description: 'To the provider.' },
        },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const { redirect_to: redirectTo, lang: language, remember } = request.query
      const start = { provider, purpose: 'login', redirectTo, language, transient: remember === false } as const
      return app.social.browserFlow.start(request, reply, start)
    },
  )
}

export default routes
