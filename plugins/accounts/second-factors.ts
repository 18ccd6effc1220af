// app.secondFactors: changes of a user's second factors. All of it is done, or nothing; other sessions end, and a notice is mailed.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { type AuditEventKind, addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail, type MailTemplate } from '#sql/outbox.ts'
import { removeSecondFactors, updateMfaEnabled } from '#sql/second-factors.ts'
import { findSession } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, lockUser, type User } from '#sql/users.ts'
import type { Caller } from '../auth/mfa/index.ts'
import { type Client, deviceOf } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    secondFactors: {
      /**
       * Changes the caller's own, and ends their other sessions.
       * @param kind names the event and the notice
       * @param work gets the caller's row, locked
       * @throws tokenInvalid where the session has ended meanwhile; mfaRequired where an administrator would be left without; what `work` throws
       */
      change<Result>(
        caller: Caller,
        client: Client,
        kind: AuditEventKind & MailTemplate,
        work: (tx: Transaction<Tables>, user: User) => Promise<Result>,
      ): Promise<Result>
      /** Takes all away from somebody who has lost them, and ends their sessions. @throws notFound where there is no such user, or nothing to take */
      remove(userId: User['id'], client: Client): Promise<void>
    }
  }
}

export default fp(async app => void app.decorate('secondFactors', secondFactors(app)), {
  name: 'second-factors',
  dependencies: ['config', 'db', 'mailer', 'sessions', 'users'],
})

function secondFactors(app: FastifyInstance): FastifyInstance['secondFactors'] {
  const { config, db, mailer, sessions, users } = app

  async function tellEverybody(userId: string, announce: () => Promise<void>): Promise<void> {
    await Promise.all([announce(), users.forget(userId)])
    mailer.wake()
  }

  return {
    async change({ user_id, sid: session_id }, client, kind, work) {
      const origin = { user_id, session_id, ...deviceOf(client) }
      const { result, announce } = await transaction(db, async tx => {
        await lockUser(tx, user_id)
        const user = await findUser(tx, user_id)
        if (!user) throw errors.userNotFound()
        // A change of the password beside this one may have locked out who asks.
        if ((await findSession(tx, session_id))?.revoked_at !== null) throw errors.tokenInvalid()
        const result = await work(tx, user)
        const enabled = await updateMfaEnabled(tx, user_id)
        if (!enabled && config.MFA_REQUIRED_FOR_ADMIN && user.access_role === 'admin') throw errors.mfaRequired()
        const announce = await sessions.endAll(tx, user_id, { client, except: session_id })
        await addAuditEvent(tx, { kind, ...origin })
        await addMail(tx, { template: kind, user_id, recipient: user.email })
        return { result, announce }
      })
      await tellEverybody(user_id, announce)
      return result
    },
    async remove(user_id, client) {
      const announce = await transaction(db, async tx => {
        await lockUser(tx, user_id)
        const user = await findUser(tx, user_id)
        if (!user || !(await removeSecondFactors(tx, user_id))) throw errors.notFound()
        await addAuditEvent(tx, { kind: 'second-factors-removed', user_id, session_id: null, ...deviceOf(client) })
        await addMail(tx, { template: 'second-factors-removed', user_id, recipient: user.email })
        return sessions.endAll(tx, user_id, { client })
      })
      await tellEverybody(user_id, announce)
    },
  }
}
