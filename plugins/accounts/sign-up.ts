// app.signUp: a new account with the mail that verifies its e-mail, written together.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail } from '#sql/outbox.ts'
import { insertUser, skipUserId, type User } from '#sql/users.ts'
import { type Client, originOf } from '../http/client.ts'

type NewAccount = Parameters<typeof insertUser>[1]

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Creates an account whose e-mail has yet to be verified.
     * @param creator the administrator who creates it for somebody else
     * @throws userAlreadyExists; with HIDE_ACCOUNTS a mail to the account's owner tells instead
     */
    signUp(account: NewAccount, client: Client, creator?: User['id']): Promise<void>
  }
}

export default fp(async app => void app.decorate('signUp', signUp(app)), {
  name: 'sign-up',
  dependencies: ['config', 'db', 'mailer'],
})

function signUp({ config, db, mailer }: FastifyInstance): FastifyInstance['signUp'] {
  async function create(account: NewAccount, client: Client, actor_id: User['id'] | null): Promise<void> {
    await transaction(db, async tx => {
      const user_id = await insertUser(tx, account)
      await addMail(tx, { template: 'email-verification', user_id, recipient: account.email })
      await addAuditEvent(tx, { kind: 'signed-up', user_id, session_id: null, ...originOf(client), actor_id })
    })
  }

  return async (account, client, creator) => {
    try {
      await create(account, client, creator ?? null)
    } catch (error) {
      if (!isDuplicate(error)) throw error
      if (!config.HIDE_ACCOUNTS) throw errors.userAlreadyExists()
      await skipUserId(db)
      await addMail(db, { template: 'account-exists', user_id: null, recipient: account.email })
    }
    mailer.wake()
  }
}
