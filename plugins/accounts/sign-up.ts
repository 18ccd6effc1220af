// app.signUp: a new account with the mail that verifies its e-mail, written together.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { noteActor } from '#sql/connection/changes.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import { insertUser, lockUser, skipUserId } from '#sql/users.ts'
import { assertCaller, type ChangeCaller } from '../auth/sessions/assert-caller.ts'
import type { StepUp } from '../auth/step-up/authenticate.ts'
import { type Client, originOf } from '../http/client.ts'

type NewAccount = Parameters<typeof insertUser>[1]

interface Creator {
  caller: ChangeCaller
  stepUp: StepUp
}

interface SignUpOptions {
  /** The administrator who makes another one. */
  creator?: Creator | undefined
  /** Where the link of the mail leads on to, already checked. */
  redirectTo?: string | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Creates an account whose e-mail has yet to be verified.
     * @throws userAlreadyExists; with HIDE_ACCOUNTS a mail to the account's owner tells instead; tokenInvalid, reauthenticationRequired
     */
    signUp(account: NewAccount, client: Client, options?: SignUpOptions): Promise<void>
  }
}

export default fp(async app => void app.decorate('signUp', signUp(app)), {
  name: 'sign-up',
  dependencies: ['config', 'db', 'mailer'],
})

function signUp({ config, db, mailer }: FastifyInstance): FastifyInstance['signUp'] {
  async function create(account: NewAccount, client: Client, { creator, redirectTo }: SignUpOptions): Promise<void> {
    await transaction(db, async tx => {
      if (creator) await assertMayCreate(tx, creator)
      noteActor(tx, creator?.caller.user_id ?? null)
      const user_id = await insertUser(tx, { ...account, locale: client.language ?? null })
      await addMail(tx, {
        template: 'email-verification',
        user_id,
        recipient: account.email,
        redirect_to: redirectTo ?? null,
      })
      await addAuditEvent(tx, {
        kind: 'signed-up',
        user_id,
        session_id: null,
        ...originOf(client),
        ...actorOf(creator),
      })
    })
  }

  return async (account, client, options = {}) => {
    try {
      await create(account, client, options)
    } catch (error) {
      if (!isDuplicate(error)) throw error
      if (!config.HIDE_ACCOUNTS) throw errors.userAlreadyExists()
      await skipUserId(db)
      await addMail(db, {
        template: 'account-exists',
        user_id: null,
        recipient: account.email,
        redirect_to: options.redirectTo ?? null,
      })
    }
    mailer.wake()
  }
}

const actorOf = (creator: Creator | undefined) => ({ actor_id: creator?.caller.user_id ?? null })

/** A request in flight makes no administrator after its sender was demoted or disabled. */
async function assertMayCreate(tx: Transaction<Tables>, { caller, stepUp }: Creator): Promise<void> {
  await lockUser(tx, caller.user_id)
  await assertCaller(tx, caller)
  await stepUp.confirm(tx)
}
