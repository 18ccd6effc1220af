import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { browserRedirect } from '#schemas/social.ts'

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
        ...browserRedirect,
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
