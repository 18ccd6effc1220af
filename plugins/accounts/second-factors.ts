// app.secondFactors: changes of a user's second factors. Other sessions end, and a notice is mailed.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors, toNotFound } from '#schemas/errors.ts'
import type { AuditEventKind } from '#sql/audit-events.ts'
import type { MailTemplate } from '#sql/outbox.ts'
import { type MfaMethod, removeSecondFactors, updateMfaEnabled } from '#sql/second-factors.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import type { StepUp } from '../auth/step-up/authenticate.ts'
import type { Client } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    secondFactors: {
      /**
       * Changes the caller's own second factors and ends their other sessions.
       * @param kind names the audit event and the notice
       * @param work gets the caller's row, locked
       * @param stepUp the caller's authentication, unless `work` uses up what it allowed earlier
       * @throws tokenInvalid if the session has ended meanwhile; mfaRequired if an administrator would be left without; what `work` throws
       */
      change<Result>(
        caller: ChangeCaller,
        client: Client,
        kind: AuditEventKind & MailTemplate,
        work: (tx: Transaction<Tables>, user: User) => Promise<Result>,
        stepUp?: StepUp | null,
      ): Promise<Result>
      /**
       * Removes all second factors of a user who has lost them, and ends the user's sessions.
       * @param caller the administrator
       * @param stepUp the administrator's authentication
       * @throws notFound, also if there are none
       */
      remove(userId: User['id'], caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<void>
    }
  }
}

const NAMES: Record<MfaMethod, string> = {
  totp: 'the authenticator app',
  passkey: 'passkeys',
  recovery_code: 'recovery codes',
}

export default fp(
  async app => {
    app.decorate('secondFactors', secondFactors(app))
    app.earlierHolder.add(async (tx, userId) => (await removeSecondFactors(tx, userId)).map(method => NAMES[method]))
  },
  { name: 'second-factors', dependencies: ['changes', 'config', 'earlier-holder'] },
)

function secondFactors({ accounts, config }: FastifyInstance): FastifyInstance['secondFactors'] {
  return {
    change(caller, client, kind, work, stepUp = null) {
      return accounts.change(
        caller.user_id,
        client,
        async (tx, user, effects) => {
          const result = await work(tx, user)
          const enabled = await updateMfaEnabled(tx, user.id)
          if (!enabled && config.MFA_REQUIRED_FOR_ADMIN && user.access_role === 'admin') throw errors.mfaRequired()
          await effects.endSessions({ except: caller.sid })
          await effects.auditEvent(kind, caller.sid)
          await effects.mail(kind)
          return result
        },
        { caller, stepUp },
      )
    },
    async remove(userId, caller, client, stepUp) {
      const removal = accounts.change(
        userId,
        client,
        async (tx, user, effects) => {
          if ((await removeSecondFactors(tx, user.id)).length === 0) throw errors.notFound()
          await effects.auditEvent('second-factors-removed')
          await effects.mail('second-factors-removed')
          await effects.endSessions()
        },
        { caller, stepUp },
      )
      await removal.catch(toNotFound)
    },
  }
}
