import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { EmailChangeRequest, normaliseEmail } from '#schemas/email.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { putEmailChange } from '#sql/email-changes.ts'
import { addMail } from '#sql/outbox.ts'
import { findUserByEmail, lockUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        rateLimit: app.limits.auth,
        errors: ['emailInvalid', 'userAlreadyExists', 'passwordWrong', 'userNotFound', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'changeEmail',
        tags: ['users'],
        summary: 'Asks for another address: the link that is mailed there completes the change',
        description:
          'Until then the old address works; a notice goes to it. A newer request voids the link of an older one.',
        body: ref(EmailChangeRequest),
        response: { 200: ref(Ok, 'The link is mailed to the new address') },
      },
    },
    async request => {
      const new_email = normaliseEmail(request.body.email)
      const { id: user_id, email } = await app.credentials.confirm(
        request.user.user_id,
        request.body.password,
        request.client,
      )
      // With HIDE_ACCOUNTS a taken address is told to its owner, by the mail's worker, and not to who asks.
      const taken = !app.config.HIDE_ACCOUNTS && (await findUserByEmail(app.db, new_email))
      if (taken) throw errors.userAlreadyExists()
      await transaction(app.db, async tx => {
        await lockUser(tx, user_id)
        const outbox_id = await addMail(tx, { template: 'email-change', user_id, recipient: new_email })
        await putEmailChange(tx, { user_id, new_email, outbox_id })
        await addMail(tx, { template: 'email-change-notice', user_id, recipient: email })
      })
      app.mailer.wake()
      return { status: 'ok' as const }
    },
  )
}

export default routes
