// app.userChanges: updates and deletions of users, by themselves or by administrators. One administrator who can log in always remains.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { User, UserUpdate } from '#schemas/users.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { deleteMfaChallenges } from '#sql/mfa-challenges.ts'
import { addMail } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import { deleteUser } from '#sql/user-deletion.ts'
import { lockAdministrators, type User as UserRow, updateUser } from '#sql/users.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import type { StepUp } from '../../auth/step-up/authenticate.ts'
import type { Client } from '../../http/client.ts'
import { profileVersion } from './profile-version.ts'
import { assertAllowed, canAdminister, columnsOf, eventsOf, mailsOf, setsAdministrative } from './update.ts'

interface UpdateConditions {
  /** The caller's authentication, for an administrative update. */
  stepUp?: StepUp | null
  /** The version of the profile that the update was made from: no other change is overwritten unseen. */
  expected?: string | undefined
}

type AfterDeletion = () => void

declare module 'fastify' {
  interface FastifyInstance {
    userChanges: {
      /** Does the update set what only administrators may? It requires that they authenticate again. */
      isAdministrative(update: UserUpdate): boolean
      /**
       * Changes what the update has. A change of role, of `disabled` or of the e-mail ends the user's sessions, whose tokens claim what is no longer true,
       * and invalidates what was mailed and logins that are half done: nothing begun before it completes after it.
       * @throws forbidden, lastAdministrator, userAlreadyExists, userNotFound, tokenInvalid, reauthenticationRequired, changedMeanwhile
       */
      update(
        userId: UserRow['id'],
        update: UserUpdate,
        caller: ChangeCaller,
        client: Client,
        conditions?: UpdateConditions,
      ): Promise<User>
      /** What `expected` is compared with. */
      profileVersion: typeof profileVersion
      /**
       * Deletes the account with everything that belongs to it, ends its sessions, and mails that to its address, if that was verified.
       * @param stepUp the caller's authentication
       * @throws lastAdministrator, userNotFound, tokenInvalid, and what `stepUp.confirm` throws
       */
      delete(userId: UserRow['id'], caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<void>
      /** Call it in a plugin: what runs after an account is deleted, before that is acknowledged. */
      onDelete(callback: AfterDeletion): void
    }
  }
}

export default fp(async app => void app.decorate('userChanges', userChanges(app)), {
  name: 'user-changes',
  dependencies: ['changes', 'mailer', 'phone-numbers', 'users'],
})

function userChanges({ accounts, mailer, phoneNumbers, users }: FastifyInstance): FastifyInstance['userChanges'] {
  const deletionCallbacks: AfterDeletion[] = []

  return {
    onDelete: callback => void deletionCallbacks.push(callback),
    isAdministrative: setsAdministrative,
    profileVersion,
    async update(id, update, caller, client, { stepUp = null, expected } = {}) {
      assertAllowed(caller, id, update)
      const phone = await phoneNumbers.columnsOf(update)
      await accounts.change(
        id,
        client,
        async (tx, before, effects) => {
          if (expected !== undefined && expected !== profileVersion(before)) throw errors.changedMeanwhile()
          if (!canAdminister({ ...before, ...columnsOf(before, update) })) await keepLastAdministrator(tx, before)
          await updateUser(tx, id, { ...columnsOf(before, update), ...phone }).catch(error => {
            throw isDuplicate(error) ? errors.userAlreadyExists() : error
          })
          const kinds = eventsOf(before, update)
          if (kinds.length === 0) return
          for (const kind of kinds) await effects.auditEvent(kind)
          await invalidateEmailTokens(tx, id)
          await deleteMfaChallenges(tx, id)
          await effects.endSessions()
          for (const { template, recipient, details } of mailsOf(before, update, kinds))
            await effects.mail(template, recipient, details)
        },
        { caller, stepUp },
      )
      return users.get(id)
    },
    async delete(id, caller, client, stepUp) {
      await accounts.change(
        id,
        client,
        async (tx, user, effects) => {
          await keepLastAdministrator(tx, user)
          await effects.endSessions()
          await deleteUser(tx, id, caller.user_id)
          for (const callback of deletionCallbacks) effects.afterCommit(callback)
          if (!user.email_verified) return
          await addMail(tx, { template: 'account-deleted', user_id: null, recipient: user.email, details: user.locale })
          effects.afterCommit(mailer.wake)
        },
        { caller, stepUp },
      )
    },
  }
}

async function keepLastAdministrator(tx: Transaction<Tables>, user: UserRow): Promise<void> {
  if (canAdminister(user) && (await lockAdministrators(tx)) <= 1) throw errors.lastAdministrator()
}
