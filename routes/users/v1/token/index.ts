import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { TokenRequest, TokenResponse } from '#schemas/token-endpoint.ts'

/** The login with a password as OAuth clients send it, for the operator's own applications. Registered ones log in at /oauth2, and their client ids and scopes mean nothing here. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.removeContentTypeParser('application/json')
  await app.register(formbody)

  app.post(
    '',
    {
      config: {
        access: 'public',
        withPassword: true,
        errorForm: 'oauth',
        errors: [
          ...app.login.byPassword.errors.filter(name => name !== 'notFound'),
          'invalidGrant',
          'unsupportedGrantType',
          'secondFactorRequired',
          'crossSite',
        ],
      },
      schema: {
        operationId: 'token',
        tags: ['users'],
        summary: 'Log in as OAuth clients do',
        description:
          'The login with a password, and the rotation of its tokens, with the names and the form of OAuth 2.0. For applications ' +
          'of the same operator: a third party must never ask for the password. If the account has a second factor, the ' +
          'error is `mfa_required`, and its `mfa_token` completes the login at `POST /users/v1/login/mfa`.',
        consumes: ['application/x-www-form-urlencoded'],
        body: ref(TokenRequest),
        response: { 200: ref(TokenResponse, 'The tokens of a new session, or the next ones of a session.') },
      },
      preValidation: readParameters,
      preHandler: async (request, reply) => {
        // Another site must not have its visitors try passwords. What CORS_ORIGINS lists may log in here as it may with JSON.
        if (!reply.hasHeader('access-control-allow-origin')) app.sessionCookie.rejectCrossSite(request)
      },
    },
    async ({ body, client }) => {
      const exchange = body.grant_type === 'refresh_token' ? rotate(body, client) : logIn(body, client)
      const { token, token_type, expires_in, refresh_token, ...rest } = await exchange.catch(toInvalidGrant)
      return { access_token: token, token_type, expires_in, refresh_token, ...rest }
    },
  )

  async function logIn({ username, password }: TokenRequest, client: FastifyRequest['client']) {
    const email = required('username', username)
    const outcome = await app.login.byPassword.run({ email, password: required('password', password) }, client)
    const { password_change_advised } = outcome
    const advice = password_change_advised && { password_change_advised }
    if (!('mfa_token' in outcome)) return { ...app.sessions.tokensOf(outcome), ...advice }
    const { mfa_required: _, ...members } = outcome
    throw errors.secondFactorRequired({ members })
  }

  async function rotate({ refresh_token }: TokenRequest, client: FastifyRequest['client']) {
    const claims = app.tokens.refresh.verify(required('refresh_token', refresh_token))
    return app.sessions.rotate(claims, client)
  }
}

/** Parameters without a value count as omitted, and none may be repeated. @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2 */
async function readParameters({ body }: FastifyRequest): Promise<void> {
  if (typeof body !== 'object' || body === null) return
  const parameters = body as Record<string, unknown>
  for (const [name, value] of Object.entries(parameters)) {
    if (value === '') delete parameters[name]
    if (Array.isArray(value))
      throw errors.requestInvalid({ details: { in: 'body', problem: 'a parameter is repeated' } })
  }
}

function required(field: string, value: string | undefined): string {
  if (value === undefined) throw errors.requestInvalid({ details: { in: 'body', field, problem: 'is missing' } })
  return value
}

/** A wrong password is 404 at the login, a used refresh token 401 at the rotation. */
function toInvalidGrant(error: { statusCode?: number }): never {
  throw error.statusCode === 401 || error.statusCode === 404 ? errors.invalidGrant() : error
}

export default routes
