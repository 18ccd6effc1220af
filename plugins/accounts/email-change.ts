// app.emailChanges: a logged-in user asks for another e-mail address, which a mailed link confirms, or cancels that.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { cancelEmailChange, putEmailChange } from '#sql/email-changes.ts'
import { findUserByEmail, type User } from '#sql/users.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import type { StepUp } from '../auth/step-up/authenticate.ts'
import type { Client } from '../http/client.ts'

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'email-change-canceled': true
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    emailChanges: {
      /**
       * Mails a link to the new address, and a notice to the current one, which stays in use until the link is opened. The link of an earlier request dies.
       * @param email in canonical form
       * @param stepUp the caller's authentication
       * @throws userAlreadyExists, unless HIDE_ACCOUNTS; userNotFound, tokenInvalid, and what `stepUp.confirm` throws
       */
      request(caller: ChangeCaller, email: User['email'], client: Client, stepUp: StepUp | null): Promise<void>
      /** The link of a pending change dies, and its mail is not sent any more. @throws notFound, userNotFound, tokenInvalid */
      cancel(caller: ChangeCaller, client: Client): Promise<void>
    }
  }
}

export default fp(async app => void app.decorate('emailChanges', emailChanges(app)), {
  name: 'email-change',
  dependencies: ['changes', 'config', 'db'],
})

function emailChanges({ accounts, config, db }: FastifyInstance): FastifyInstance['emailChanges'] {
  return {
    async request(caller, new_email, client, stepUp) {
      const holder = await findUserByEmail(db, new_email)
      if (holder?.id === caller.user_id) throw errors.userAlreadyExists({ details: { reason: 'own' } })
      // With HIDE_ACCOUNTS the owner of a taken address learns of it, from the mail's worker; the caller does not.
      if (holder && !config.HIDE_ACCOUNTS) throw errors.userAlreadyExists()
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
    },
    async cancel(caller, client) {
      await accounts.change(
        caller.user_id,
        client,
        async (tx, { id }, effects) => {
          if (!(await cancelEmailChange(tx, id))) throw errors.notFound()
          await effects.auditEvent('email-change-canceled', caller.sid)
        },
        { caller },
      )
    },
  }
}
