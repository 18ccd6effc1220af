import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { EmailChangeRequest } from '#schemas/email.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { putEmailChange } from '#sql/email-changes.ts'
import { findUserByEmail } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        errors: ['emailInvalid', 'userAlreadyExists'],
      },
      schema: {
        operationId: 'changeEmail',
        tags: ['users'],
        summary: 'Change the email address',
        description:
          'Sends a link to the new address, and a notice to the current one. The change takes effect when the user opens ' +
          'the link and confirms; until then the current address stays in use. A new request invalidates the link of the ' +
          'previous one.',
        body: ref(EmailChangeRequest),
        response: { 200: ref(Ok, 'The link is on its way to the new address.') },
      },
    },
    async request => {
      const { user, client, body, stepUp } = request
      const new_email = body.email
      // With HIDE_ACCOUNTS the owner of a taken address learns of it, from the mail's worker; the caller does not.
      const taken = !app.config.HIDE_ACCOUNTS && (await findUserByEmail(app.db, new_email))
      if (taken) throw errors.userAlreadyExists()
      await app.accounts.change(
        user.user_id,
        client,
        async (tx, { id: user_id }, effects) => {
          const outbox_id = await effects.mail('email-change', new_email)
          await putEmailChange(tx, { user_id, new_email, outbox_id })
          await effects.mail('email-change-notice')
        },
        { caller: user, stepUp },
      )
      return { status: 'ok' as const }
    },
  )
}

export default routes
