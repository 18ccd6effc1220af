// app.changeEmail: a logged-in user asks for another e-mail address, which a mailed link confirms.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { putEmailChange } from '#sql/email-changes.ts'
import { findUserByEmail, type User } from '#sql/users.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import type { StepUp } from '../auth/step-up/authenticate.ts'
import type { Client } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Mails a link to the new address, and a notice to the current one, which stays in use until the link is opened. The link of an earlier request dies.
     * @param email in canonical form
     * @param stepUp the caller's authentication
     * @throws userAlreadyExists, unless HIDE_ACCOUNTS; userNotFound, tokenInvalid, and what `stepUp.confirm` throws
     */
    changeEmail(caller: ChangeCaller, email: User['email'], client: Client, stepUp: StepUp | null): Promise<void>
  }
}

export default fp(async app => void app.decorate('changeEmail', changeEmail(app)), {
  name: 'email-change',
  dependencies: ['changes', 'config', 'db'],
})

function changeEmail({ accounts, config, db }: FastifyInstance): FastifyInstance['changeEmail'] {
  return async (caller, new_email, client, stepUp) => {
    // With HIDE_ACCOUNTS the owner of a taken address learns of it, from the mail's worker; the caller does not.
    const taken = !config.HIDE_ACCOUNTS && (await findUserByEmail(db, new_email))
    if (taken) throw errors.userAlreadyExists()
    await accounts.change(
      caller.user_id,
      client,
      async (tx, { id: user_id }, effects) => {
        const outbox_id = await effects.mail('email-change', new_email)
        await putEmailChange(tx, { user_id, new_email, outbox_id })
        await effects.mail('email-change-notice')
      },
      { caller, stepUp },
    )
  }
}
