import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { Providers } from '#schemas/social.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { providers } = app.social
  if (providers.length === 0) return
  app.openapi.tag({
    name: 'social',
    description:
      'Log in with an account elsewhere: in browsers by a redirect, in applications with a code or a token. `npm run demo:provider` starts a provider to try it with.',
    order: 3,
  })

  app.get(
    '',
    {
      config: { access: 'public', withoutDatabase: true },
      schema: {
        operationId: 'listProviders',
        tags: ['social'],
        summary: 'List the providers',
        description: 'Returns the providers that users can log in with.',
        response: { 200: ref(Providers, 'The providers.') },
      },
    },
    async () => ({
      results: providers.map(({ key, name }) => ({
        provider: key,
        name,
        authorize_url: `${app.config.PUBLIC_URL}/social/v1/${key}/authorize`,
      })),
    }),
  )
}

export default routes
