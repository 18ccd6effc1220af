import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RecoveryCodesForm } from '#schemas/two-factor-pages.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', { config: { stepUp: 'session' } }, async (request, reply) => {
    const { mfa_enabled } = await app.users.get(request.user.user_id)
    if (!mfa_enabled) return reply.redirect(app.pages.urlOf(request, '/account/two-factor'), 303)
    return reply.page('account/two-factor/renew')
  })

  app.post('', { config: { authLimit: true, stepUp: 'session' } }, async (request, reply) => {
    const codes = await app.secondFactors.renewRecoveryCodes(request.user, request.client, request.stepUp)
    return reply.page('account/two-factor/codes', { codes })
  })

  // The page that shows the codes sends them: they are stored nowhere.
  app.post(
    '/file',
    { config: { beforeMfa: true }, schema: { body: RecoveryCodesForm } },
    async ({ body, account }, reply) => {
      const about = [app.config.APP_NAME, account?.email].join(': ')
      return reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', 'attachment; filename="recovery-codes.txt"')
        .send([about, '', ...body.codes.split(' '), ''].join('\r\n'))
    },
  )
}

export default routes
