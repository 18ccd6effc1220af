import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EntryQuery, SignupForm } from '#schemas/hosted-pages.ts'
import { ResendVerificationRequest } from '#schemas/resend-verification-email.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, passwords } = app
  const { providers } = app.social
  for (const [path, name] of [
    ['', 'signup/form'],
    ['/sent', 'signup/sent'],
    ['/resend', 'signup/resend'],
  ] as const)
    app.get(path, { config: { access: 'public' } }, async (_request, reply) => reply.page(name, { providers }))

  app.post(
    '',
    {
      config: { access: 'public', withPassword: true, errorPage: () => ({ name: 'signup/form', data: { providers } }) },
      schema: { querystring: EntryQuery, body: SignupForm },
    },
    async (request, reply) => {
      const { email, password } = request.body
      await passwords.rejectCommon(password)
      const password_hash = await passwords.hash(password)
      const redirectTo = pages.redirectTarget(request.query.redirect_to)
      await app.signUp({ email, password_hash, access_role: 'basic' }, request.client, { redirectTo })
      return reply.redirect(pages.urlOf(request, '/signup/sent', { redirect_to: redirectTo }), 303)
    },
  )

  app.post(
    '/resend',
    {
      config: { access: 'public', errorPage: () => ({ name: 'signup/resend' }) },
      schema: { querystring: EntryQuery, body: ResendVerificationRequest },
    },
    async (request, reply) => {
      const redirectTo = pages.redirectTarget(request.query.redirect_to)
      await app.mailer.request('email-verification', request.body.email, redirectTo)
      return reply.redirect(pages.urlOf(request, '/signup/sent', { redirect_to: redirectTo }), 303)
    },
  )
}

export default routes
