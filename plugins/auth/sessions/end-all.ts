/** Ends many sessions of a user. It is no decorator: its callers have locked the user, so a login in progress is waited for, seen and ended. */
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { addAuditEvents } from '#sql/audit-events.ts'
import { leastRecentlyUsed, revokeSessions } from '#sql/live-sessions.ts'
import { endGrace, type Session } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import { type Client, originOf } from '../../http/client.ts'

/** Both return the ids of the ended sessions, whose revocation the caller publishes after the commit. */
interface SessionsEnder {
  /** Ends all sessions. The one that is excepted lives on, without the grace period of its last rotation. */
  endAll(tx: Transaction<Tables>, userId: User['id'], client: Client, except?: Session['id']): Promise<Session['id'][]>
  /** Ends those that were not used for the longest time, if there are more than SESSIONS_MAX. */
  endSurplus(tx: Transaction<Tables>, userId: User['id'], client: Client): Promise<Session['id'][]>
}

export function sessionsEnder(config: FastifyInstance['config']): SessionsEnder {
  // After this time without a rotation both tokens have expired: access tokens may be configured to live longer than refresh tokens.
  const idleMs = Math.max(config.REFRESH_TOKEN_TTL_SECONDS, config.ACCESS_TOKEN_TTL_SECONDS) * 1000

  async function end(tx: Transaction<Tables>, user_id: User['id'], ids: Session['id'][], client: Client) {
    await revokeSessions(tx, user_id, ids)
    const event = { kind: 'session-ended', user_id, ...originOf(client) } as const
    await addAuditEvents(
      tx,
      ids.map(session_id => ({ ...event, session_id })),
    )
    return ids
  }

  return {
    async endAll(tx, userId, client, except) {
      if (except !== undefined) await endGrace(tx, except)
      const ids = await leastRecentlyUsed(tx, userId, idleMs, 0)
      return end(
        tx,
        userId,
        ids.filter(id => id !== except),
        client,
      )
    },
    async endSurplus(tx, userId, client) {
      return end(tx, userId, await leastRecentlyUsed(tx, userId, idleMs, config.SESSIONS_MAX), client)
    },
  }
}
