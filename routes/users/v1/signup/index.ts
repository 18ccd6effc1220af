import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { normaliseEmail } from '#schemas/email.ts'
import { errors } from '#schemas/errors.ts'
import { SignupRequest } from '#schemas/login.ts'
import { ref } from '#schemas/ref.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail } from '#sql/outbox.ts'
import type { Device } from '#sql/sessions.ts'
import { type AccessRole, insertUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        withPassword: true,
        errors: ['emailInvalid', 'passwordInvalid', 'passwordTooCommon', 'userAlreadyExists', 'forbidden'],
      },
      schema: {
        operationId: 'signup',
        tags: ['users'],
        summary: 'Signs up with e-mail and password; a link that proves the address is mailed',
        description: "To make an administrator (`access_role: admin`), send an administrator's access token along.",
        body: ref(SignupRequest),
        response: { 200: ref(Ok, 'The account is there; it can log in once its address is proved') },
      },
    },
    async request => {
      const { password, access_role = 'basic' } = request.body
      const email = normaliseEmail(request.body.email)
      if (access_role === 'admin' && app.access.identify(request)?.access_role !== 'admin') throw errors.forbidden()

      await app.refuseCommonPassword(password)
      const password_hash = await app.passwords.hash(password)
      await createOrReport({ email, password_hash, access_role }, app.device(request))
      app.mailer.wake()
      return { status: 'ok' as const }
    },
  )

  /** The account and its mail are written together. With HIDE_ACCOUNTS a taken address is told to its owner, not to who asks. */
  async function createOrReport(
    user: { email: string; password_hash: string; access_role: AccessRole },
    device: Device,
  ): Promise<void> {
    try {
      await transaction(app.db, async tx => {
        const user_id = await insertUser(tx, user)
        await addMail(tx, { template: 'email-verification', user_id, recipient: user.email })
        await addAuditEvent(tx, { kind: 'signed-up', user_id, session_id: null, ...device })
      })
    } catch (error) {
      if (!isDuplicate(error)) throw error
      if (!app.config.HIDE_ACCOUNTS) throw errors.userAlreadyExists()
      await addMail(app.db, { template: 'account-exists', user_id: null, recipient: user.email })
    }
  }
}

export default routes
