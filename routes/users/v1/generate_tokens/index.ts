import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { GenerateTokensQuery, GenerateTokensRequest, Tokens } from '#schemas/generate-tokens.ts'
import { ref } from '#schemas/ref.ts'

const DESCRIPTION =
  'Authenticate with the **refresh token**. Returns the next access token and refresh token of the session, and ' +
  'invalidates the previous ones. A refresh token works once. If the response gets lost, repeating the request ' +
  'within a few seconds returns the same tokens; using an old refresh token after that counts as theft and ends the ' +
  'session.'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = {
    tags: ['users'],
    description: DESCRIPTION,
    response: { 200: ref(Tokens, 'The new tokens.') },
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
        summary: 'Rotate tokens with a GET request',
        description: `${DESCRIPTION} Prefer \`POST\`, which keeps the access token out of URLs.`,
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
        summary: 'Rotate tokens',
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
