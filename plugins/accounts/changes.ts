// app.accounts: the unit of work for changes of an account. What follows from a change is written with it and published after the commit.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { type AuditEventKind, addAuditEvent } from '#sql/audit-events.ts'
import { noteActor } from '#sql/connection/changes.ts'
import { isUnavailable } from '#sql/connection/errors.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail, type MailTemplate } from '#sql/outbox.ts'
import { endGrace, type Session } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import { noteUserChanges } from '#sql/user-changes.ts'
import { findUser, type User } from '#sql/users.ts'
import { assertCaller, type ChangeCaller, lockUsers } from '../auth/sessions/assert-caller.ts'
import { sessionsEnder } from '../auth/sessions/end-all.ts'
import type { StepUp } from '../auth/step-up/authenticate.ts'
import { type Client, originOf } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: {
      /**
       * Changes a user in one transaction: all of it is committed, or nothing. When this returns, this process knows, and the others within
       * milliseconds by Redis. Without Redis they learn of revocations by their next synchronization, and of the profile once Redis is back.
       * If the answer to COMMIT is lost, nobody knows whether the change was made: then tokens are revoked as if it was.
       * @param work gets the user as of now, the row locked; it may run again after a deadlock, so its effects go through `effects`
       * @param conditions what was checked before and must still be true under the lock
       * @throws userNotFound; tokenInvalid, or what `stepUp.confirm` throws, if a condition no longer holds; what `work` throws
       */
      change<Result>(
        userId: User['id'],
        client: Client,
        work: (tx: Transaction<Tables>, user: User, effects: Effects) => Promise<Result>,
        conditions?: Conditions,
      ): Promise<Result>
    }
  }
}

/**
 * Between a check and the lock the account's owner may have reset the password, or an administrator disabled the caller: a request in flight
 * must not survive that.
 */
interface Conditions {
  /** Who asks. Their session must not have ended, by whatever: logout, disabling, deletion; nor their role. */
  caller?: ChangeCaller
  /** The caller's authentication, as the route's `config.stepUp` requires: used up by the change. */
  stepUp?: StepUp | null
  /** The user as of the verification of the password, where there is no session. */
  verified?: User | undefined
}

/** What follows from a change. Nothing of it is seen outside if the transaction rolls back. */
export interface Effects {
  /** @param sessionId the session that made the change */
  auditEvent(kind: AuditEventKind, sessionId?: Session['id']): Promise<void>
  /**
   * @param recipient the user's e-mail unless given
   * @param details what only this mail says
   * @returns the mail's id
   */
  mail(template: MailTemplate, recipient?: string, details?: string): Promise<string>
  /** Ends all sessions of the user, or all but one. */
  endSessions(options?: { except?: Session['id'] }): Promise<void>
  /** Tokens of the session below this generation are dead. */
  revoke(sessionId: Session['id'], minGeneration: number): void
  /** All tokens of these sessions are dead. */
  revokeEnded(sessionIds: Session['id'][]): void
  /** Runs after the commit, before the change is acknowledged. A failure is logged: the change was made. */
  afterCommit(work: AfterCommit): void
}

type AfterCommit = () => unknown

/** What is left to do after the commit. */
interface Callbacks {
  /** Lets processes know: revocations, and the cache of users. Safe also if the change was not made. */
  inform: AfterCommit[]
  /** A set: a mailer that is woken once has seen all mails. */
  afterCommit: Set<AfterCommit>
}

export default fp(async app => void app.decorate('accounts', accounts(app)), {
  name: 'changes',
  dependencies: ['config', 'db', 'mailer', 'revocations', 'users'],
})

function accounts(app: FastifyInstance): FastifyInstance['accounts'] {
  const { db, log, mailer, revocations, users } = app
  const { endAll } = sessionsEnder(app.config)

  function effectsOn(tx: Transaction<Tables>, user: User, client: Client, callbacks: Callbacks): Effects {
    const { id: user_id } = user
    const revoke: Effects['revoke'] = (sessionId, minGeneration) =>
      void callbacks.inform.push(() => revocations.publish(sessionId, minGeneration))
    const revokeEnded: Effects['revokeEnded'] = sessionIds =>
      void callbacks.inform.push(() => revocations.publishEnded(sessionIds))
    return {
      auditEvent: (kind, session_id) =>
        addAuditEvent(tx, { kind, user_id, session_id: session_id ?? null, ...originOf(client) }),
      mail(template, recipient = user.email, details) {
        callbacks.afterCommit.add(mailer.wake)
        return addMail(tx, { template, user_id, recipient, details: details ?? null })
      },
      async endSessions({ except } = {}) {
        revokeEnded(await endAll(tx, user_id, client, except))
        // Its tokens live on, but not those of before: no grace period outlasts a security change.
        if (except !== undefined) revoke(except, await endGrace(tx, except))
      },
      revoke,
      revokeEnded,
      afterCommit: callback => void callbacks.afterCommit.add(callback),
    }
  }

  /** Each on its own: one that fails keeps no other from running. */
  async function run(callbacks: Iterable<AfterCommit>): Promise<void> {
    const results = await Promise.allSettled([...callbacks].map(callback => Promise.try(callback)))
    for (const result of results)
      if (result.status === 'rejected') log.error({ err: result.reason }, 'callback after a commit failed')
  }

  return {
    async change(userId, client, work, { caller, stepUp, verified } = {}) {
      let callbacks: Callbacks = { inform: [], afterCommit: new Set() }
      let committing = false
      const committed = transaction(db, async tx => {
        committing = false
        noteActor(tx, client.userId ?? null)
        callbacks = { inform: [() => users.invalidate(userId)], afterCommit: new Set() }
        // First of all, so that what is read below is no older than the lock: a login that just got through is seen, and ended.
        await lockUsers(tx, userId, caller?.user_id ?? userId)
        const user = await findUser(tx, userId)
        if (!user) throw errors.userNotFound()
        if (caller) await assertCaller(tx, caller)
        if (verified && verified.password_hash !== user.password_hash) throw errors.passwordWrong()
        if (stepUp) {
          await stepUp.confirm(tx)
          // A recovery code that is used up is mailed.
          callbacks.afterCommit.add(mailer.wake)
        }
        const result = await work(tx, user, effectsOn(tx, user, client, callbacks))
        await noteUserChanges(tx, user)
        committing = true
        return result
      })
      const result = await committed.catch(async error => {
        // The answer to COMMIT was lost: a session that may have ended counts as ended.
        if (committing && isUnavailable(error)) await run(callbacks.inform)
        throw error
      })
      await run(callbacks.inform)
      await run(callbacks.afterCommit)
      return result
    },
  }
}
