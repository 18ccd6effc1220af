import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { browserRedirect } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { social } = app
  if (social.providers.length === 0) return

  app.post(
    '',
    {
      config: {
        optionalBody: true,
        beforeMfa: true,
        authLimit: true,
        errors: ['providerNotFound', 'providerUnavailable', 'redirectNotAllowed'],
        errorPage: () => ({ name: 'social/failed' }),
      },
      schema: {
        operationId: 'reauthenticateBrowserByProvider',
        tags: ['social'],
        summary: 'Authenticate again with a provider, in a browser',
        description:
          'Redirects a logged-in browser to the provider, which is to authenticate the user anew. After that, sensitive changes ' +
          'need no further proof for `REAUTHENTICATION_SECONDS` (900). An account with a second factor needs that too: the ' +
          'callback leads to the page that asks for it, and from there to `redirect_to`.',
        ...browserRedirect,
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const { sid } = request.user
      const start = { provider, purpose: 'reauthenticate', redirectTo: request.body.redirect_to, sid } as const
      return social.browserFlow.start(request, reply, start)
    },
  )
}

export default routes
