import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findUser, NO_PASSWORD } from '#sql/users.ts'

/** Where administrators are sent who have yet to set up a second factor: what leads to one is open before it (`beforeMfa`). */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account/two-factor', topic: 'account/two-factor', order: 30 })

  app.get('', { config: { beforeMfa: true } }, async ({ user: { user_id, access_role } }, reply) => {
    const { totp, passkeys, recovery_codes_left } = await app.secondFactors.list(user_id)
    const enabled = totp !== null || passkeys.length > 0
    const data = {
      totp,
      passkeys,
      enabled,
      recoveryCodes: recovery_codes_left,
      onlyLogin: await app.linkedLogins.onlyOneOf(user_id),
      hasPassword: (await findUser(app.db, user_id))?.password_hash !== NO_PASSWORD,
      required: app.config.MFA_REQUIRED_FOR_ADMIN && access_role === 'admin' && !enabled,
    }
    return reply.page({
      name: 'account/two-factor/overview',
      data,
      live: { channels: ['login_method', 'otp_method', 'recovery_code'] },
    })
  })
}

export default routes
