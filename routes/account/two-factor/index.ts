import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { TwoFactorQuery } from '#schemas/two-factor-pages.ts'
import { listPasskeys } from '#sql/passkeys.ts'
import { countRecoveryCodes } from '#sql/recovery-codes.ts'
import { findTotp } from '#sql/totp-secrets.ts'

/** Where administrators are sent who have yet to set up a second factor: what leads to one is open before it (`beforeMfa`). */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { config, db } = app
  app.console.section({ path: '/account/two-factor', topic: 'account/two-factor', order: 30 })

  app.get(
    '',
    { config: { beforeMfa: true }, schema: { hide: true, querystring: TwoFactorQuery } },
    async ({ user: { user_id, access_role } }, reply) => {
      const totp = (await findTotp(db, user_id, 1)) !== undefined
      const passkeys = (await listPasskeys(db, user_id)).map(app.passkeys.serialize)
      const enabled = totp || passkeys.length > 0
      return reply.page('account/two-factor/overview', {
        totp,
        passkeys,
        enabled,
        recoveryCodes: await countRecoveryCodes(db, user_id),
        required: config.MFA_REQUIRED_FOR_ADMIN && access_role === 'admin' && !enabled,
      })
    },
  )
}

export default routes
