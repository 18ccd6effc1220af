import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { GenerateTokensQuery, GenerateTokensRequest, Tokens } from '#schemas/generate-tokens.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = {
    tags: ['users'],
    description:
      'Authorise with the **refresh** token. It is good once: the answer carries the next one. Sent again within a few seconds (because the answer got lost) it is ' +
      'answered with the very same tokens; sent later it is taken for stolen, and the session ends.',
    response: { 200: ref(Tokens, 'The next tokens of the session; the ones before are dead') },
  }

  app.get(
    '',
    {
      config: { access: 'refresh', errors: ['tokenForeign', 'userNotFound'] },
      // A HEAD would rotate the tokens and discard them.
      exposeHeadRoute: false,
      schema: {
        ...shared,
        operationId: 'generateTokensByQuery',
        summary: 'Rotates the tokens (older form)',
        querystring: GenerateTokensQuery,
      },
    },
    async request => rotate(request, request.query.old_access_token),
  )

  app.post(
    '',
    {
      config: { access: 'refresh', optionalBody: true, errors: ['tokenForeign', 'userNotFound'] },
      schema: {
        ...shared,
        operationId: 'generateTokens',
        summary: 'Rotates the tokens',
        body: ref(GenerateTokensRequest),
      },
    },
    async request => rotate(request, request.body.old_access_token),
  )

  async function rotate(request: FastifyRequest, oldAccessToken: string | undefined) {
    if (oldAccessToken !== undefined) {
      const old = app.tokens.access.verifyIgnoringExpiry(oldAccessToken)
      if (old.sid !== request.refresh.sid) throw errors.tokenForeign()
    }
    return app.sessions.rotate(request.refresh, request.client)
  }
}

export default routes
