import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { TotpVerifyRequest } from '#schemas/totp.ts'
import { TwoFactorQuery } from '#schemas/two-factor-pages.ts'
import { findTotp } from '#sql/totp-secrets.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages, secondFactors } = app

  /** The secret that waits to be confirmed, or what comes before it. */
  async function setup({ user }: FastifyRequest) {
    const uri = await app.mfa.totp.pendingUri(user).catch(undefinedIfNone)
    const secret = uri && new URL(uri).searchParams.get('secret')
    return { name: `account/two-factor/${uri ? 'scan' : 'app'}`, data: { uri, secret } }
  }

  const disabling = async () => ({ name: 'account/two-factor/disable' })

  app.get('', { config: { beforeMfa: true, stepUp: 'session' } }, async (request, reply) =>
    reply.page(await setup(request)),
  )

  app.post(
    '/start',
    { config: { beforeMfa: true, authLimit: true, stepUp: 'session' }, schema: { querystring: TwoFactorQuery } },
    async (request, reply) => {
      await secondFactors.totp.start(request.user, request.client, request.stepUp)
      const { redirect_to } = request.query
      return reply.redirect(pages.urlOf(request, '/account/two-factor/totp', { redirect_to }), 303)
    },
  )

  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        stepUp: 'session',
        errorPage: (_code, request) => setup(request),
      },
      schema: { body: TotpVerifyRequest },
    },
    async (request, reply) => {
      const codes = await secondFactors.totp.enable(request.user, request.client, request.body.otp)
      await app.sessionCookie.renew(request, reply)
      return reply.page('account/two-factor/codes', { codes })
    },
  )

  app.get('/disable', { config: { stepUp: 'session' } }, async (request, reply) => {
    if (!(await findTotp(app.db, request.user.user_id, 1)))
      return reply.redirect(pages.urlOf(request, '/account/two-factor'), 303)
    return reply.page('account/two-factor/disable')
  })

  app.post(
    '/disable',
    { config: { authLimit: true, stepUp: 'session', errorPage: disabling } },
    async (request, reply) => {
      await secondFactors.totp.disable(request.user, request.client, request.stepUp)
      return reply.redirect(pages.urlOf(request, '/account/two-factor', { done: 'totp-disabled' }), 303)
    },
  )
}

/** Nothing is waiting: not started, or too long ago. */
function undefinedIfNone(error: { code?: string }): undefined {
  if (error.code !== errors.notFound.code) throw error
}

export default routes
