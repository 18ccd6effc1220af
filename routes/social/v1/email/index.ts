import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Ok } from '#schemas/common.ts'
import { ProviderSignupQuery, ProviderSignupRequest } from '#schemas/login-methods.ts'
import { ref } from '#schemas/ref.ts'
import { errorPage } from './error-page.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  if (!app.linkedLogins.enabled) return

  app.get(
    '',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'showProviderSignup',
        tags: ['social'],
        summary: 'Show the page that asks for an email address',
        description: 'Where a browser is led whose user a provider named no usable address for.',
        querystring: ProviderSignupQuery,
        response: { 200: { description: 'The page.', content: { 'text/html': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => reply.page('provider-email/form', { signup_token: request.query.signup_token }),
  )

  app.post(
    '',
    {
      config: {
        access: 'public',
        errors: ['emailInvalid', 'userAlreadyExists', 'loginMethodTaken', 'tokenInvalid', 'tokenExpired'],
        errorPage,
      },
      schema: {
        operationId: 'signupByProvider',
        tags: ['social'],
        summary: 'Sign up with a provider and an email address',
        description:
          'For users whose provider named no address that it vouches for: creates an account with this address, and sends an ' +
          'email with a link to verify it. After that, log in with the provider again. Until then another address can be ' +
          'given. An address that has an account is refused: log in to that account, and link the provider there. If the ' +
          'service runs with `HIDE_ACCOUNTS`, the response is the same, and the owner of the address gets an email.',
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        produces: ['application/json', 'text/html'],
        body: ref(ProviderSignupRequest),
        response: { 200: ref(Ok, 'The link is on its way.') },
      },
    },
    async (request, reply) => {
      const { signup_token, email } = request.body
      await app.linkedLogins.signUp(signup_token, email, request.client)
      return app.pages.wanted(request) ? reply.page('provider-email/sent') : { status: 'ok' as const }
    },
  )
}

export default routes
