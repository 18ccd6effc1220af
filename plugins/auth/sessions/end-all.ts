/** Ends many sessions of a user. It is no decorator: its callers have locked the user, so a login in progress is waited for, seen and ended. */
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { addAuditEvents } from '#sql/audit-events.ts'
import { type EndingSession, leastRecentlyUsed, lockUnrevoked, revokeSessions } from '#sql/live-sessions.ts'
import type { Session } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import { type Client, originOf } from '../../http/client.ts'
import { idleLimit } from './idle.ts'

/** Both return the ids of the ended sessions, whose revocation the caller publishes after the commit. */
interface SessionsEnder {
  /** Ends all sessions, or all but one. */
  endAll(tx: Transaction<Tables>, userId: User['id'], client: Client, except?: Session['id']): Promise<Session['id'][]>
  /**
   * Ends those that were not used for the longest time, if there are more than SESSIONS_MAX: never the one that was just opened. Those with each
   * application are counted by themselves, so that no application pushes out another, or the user's own logins.
   */
  endSurplus(
    tx: Transaction<Tables>,
    opened: Pick<Session, 'id' | 'user_id' | 'client_id'>,
    client: Client,
  ): Promise<Session['id'][]>
}

export function sessionsEnder(config: FastifyInstance['config']): SessionsEnder {
  async function end(tx: Transaction<Tables>, user_id: User['id'], sessions: EndingSession[], client: Client) {
    const ids = sessions.map(({ id }) => id)
    await revokeSessions(tx, user_id, ids)
    const event = { kind: 'session-ended', user_id, ...originOf(client) } as const
    await addAuditEvents(
      tx,
      sessions.map(({ id, client_id }) => ({ ...event, session_id: id, client_id })),
    )
    return ids
  }

  return {
    async endAll(tx, userId, client, except) {
      const sessions = await lockUnrevoked(tx, { user_id: userId })
      return end(
        tx,
        userId,
        sessions.filter(({ id }) => id !== except),
        client,
      )
    },
    async endSurplus(tx, opened, client) {
      const surplus = await leastRecentlyUsed(tx, opened, idleLimit(config), config.SESSIONS_MAX - 1)
      return end(tx, opened.user_id, surplus, client)
    },
  }
}
