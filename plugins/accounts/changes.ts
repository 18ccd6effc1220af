// app.accounts: the unit of work for changes of an account. What follows from a change is written with it and published after the commit.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { type AuditEventKind, addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail, type MailTemplate } from '#sql/outbox.ts'
import type { Session } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, lockUser, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: {
      /**
       * Changes a user in one transaction: all of it is committed, or nothing. When this returns, every process knows.
       * @param work gets the user as of now, the row locked; it may run again after a deadlock, so its effects go through `effects`
       * @throws userNotFound; what `work` throws
       */
      change<Result>(
        userId: User['id'],
        client: Client,
        work: (tx: Transaction<Tables>, user: User, effects: Effects) => Promise<Result>,
      ): Promise<Result>
    }
  }
}

/** What follows from a change. Nothing of it is seen outside if the transaction rolls back. */
export interface Effects {
  /** @param sessionId the session that made the change */
  auditEvent(kind: AuditEventKind, sessionId?: Session['id']): Promise<void>
  /**
   * @param recipient the user's e-mail unless given
   * @returns the mail's id
   */
  mail(template: MailTemplate, recipient?: string): Promise<string>
  /** Ends all sessions of the user, or all but one. */
  endSessions(options?: { except?: Session['id'] }): Promise<void>
  /** Tokens of the session below this generation are dead. */
  revoke(sessionId: Session['id'], lowestGood: number): void
  /** Runs after the commit, before the change is acknowledged. */
  afterCommit(work: AfterCommit): void
}

type AfterCommit = () => unknown

export default fp(async app => void app.decorate('accounts', accounts(app)), {
  name: 'changes',
  dependencies: ['db', 'mailer', 'revocations', 'sessions', 'users'],
})

function accounts({ db, mailer, revocations, sessions, users }: FastifyInstance): FastifyInstance['accounts'] {
  function effectsOn(tx: Transaction<Tables>, user: User, client: Client, committed: Set<AfterCommit>): Effects {
    const { id: user_id } = user
    const revoke: Effects['revoke'] = (sessionId, lowestGood) =>
      void committed.add(() => revocations.publish(sessionId, lowestGood))
    return {
      auditEvent: (kind, session_id) =>
        addAuditEvent(tx, { kind, user_id, session_id: session_id ?? null, ...deviceOf(client) }),
      mail(template, recipient = user.email) {
        committed.add(mailer.wake)
        return addMail(tx, { template, user_id, recipient })
      },
      async endSessions({ except } = {}) {
        for (const id of await sessions.endAll(tx, user_id, client, except)) revoke(id, Infinity)
      },
      revoke,
      afterCommit: work => void committed.add(work),
    }
  }

  return {
    async change(userId, client, work) {
      const { result, committed } = await transaction(db, async tx => {
        // First of all, so that what is read below is no older than the lock: a login that just got through is seen, and ended.
        await lockUser(tx, userId)
        const user = await findUser(tx, userId)
        if (!user) throw errors.userNotFound()
        const committed = new Set<AfterCommit>([() => users.invalidate(userId)])
        return { result: await work(tx, user, effectsOn(tx, user, client, committed)), committed }
      })
      await Promise.all([...committed].map(run => run()))
      return result
    },
  }
}
