import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { ProviderParams, ProviderRedirectRequest, redirectForScripts } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  if (app.social.providers.length === 0) return

  app.post(
    '',
    {
      config: {
        optionalBody: true,
        stepUp: 'session',
        errors: ['providerNotFound', 'providerUnavailable', 'redirectNotAllowed', 'reauthenticationRequired'],
        errorPage: () => ({ name: 'social/failed' }),
      },
      schema: {
        operationId: 'linkProvider',
        tags: ['social'],
        summary: 'Link a provider to the account, in a browser',
        description:
          'Redirects a logged-in browser to the provider, to link it to the account. An application sends the code or token of ' +
          'the provider to `POST /social/v1/{provider}` with its access token instead.',
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        params: ProviderParams,
        body: ref(ProviderRedirectRequest),
        response: {
          200: redirectForScripts,
          303: { type: 'null', description: 'To the provider.' },
        },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const { sid } = request.user
      const start = { provider, purpose: 'link', redirectTo: request.body.redirect_to, sid } as const
      return app.social.browserFlow.start(request, reply, start)
    },
  )
}

export default routes
