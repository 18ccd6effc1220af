import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EntryQuery } from '#schemas/hosted-pages.ts'
import { PasswordForgottenRequest } from '#schemas/password-forgotten.ts'
import { ValidateCodeRequest } from '#schemas/validate-code.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages } = app
  for (const [path, name] of [
    ['', 'forgot/form'],
    ['/sent', 'forgot/sent'],
  ] as const)
    app.get(path, { config: { access: 'public' } }, async (_request, reply) => reply.page(name))

  app.post(
    '',
    {
      config: { access: 'public', errorPage: () => ({ name: 'forgot/form' }) },
      schema: { querystring: EntryQuery, body: PasswordForgottenRequest },
    },
    async (request, reply) => {
      const redirectTo = pages.redirectTarget(request.query.redirect_to)
      await app.mailer.request('password-forgotten', request.body.email, redirectTo)
      // Not a redirect: the form for the code has the address that was typed, which belongs into no URL.
      return reply.page('forgot/sent', { here: { path: '/forgot/sent' } })
    },
  )

  app.post(
    '/code',
    {
      config: {
        access: 'public',
        errorPage: () => ({ name: 'forgot/sent', data: { here: { path: '/forgot/sent' } } }),
      },
      schema: { body: ValidateCodeRequest },
    },
    async (request, reply) => {
      const { email, code } = request.body
      const token = await app.resetCodes.exchange(email, code, request.client)
      return reply.page('reset/form', { token, email, here: { path: '/users/v1/password_reset', query: { token } } })
    },
  )
}

export default routes
