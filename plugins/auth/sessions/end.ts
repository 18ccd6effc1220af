import type { FastifyInstance } from 'fastify'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { activeSessions, findSession, revokeSession, type Session } from '#sql/sessions.ts'
import type { User } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import type { Sessions } from './types.ts'

type Connection = Parameters<Sessions['endAll']>[0]

export function ending({ config, db, revocations }: FastifyInstance): Pick<Sessions, 'end' | 'endAll'> {
  // After this time without a rotation both tokens have expired: access tokens may be configured to live longer than refresh tokens.
  const idleMs = Math.max(config.REFRESH_TOKEN_TTL_SECONDS, config.ACCESS_TOKEN_TTL_SECONDS) * 1000

  async function revoke(tx: Connection, userId: User['id'], sessionId: Session['id'], client: Client) {
    const revoked = await revokeSession(tx, sessionId, userId)
    const event = { kind: 'session-ended', user_id: userId, session_id: sessionId, ...deviceOf(client) } as const
    if (revoked) await addAuditEvent(tx, event)
    return revoked
  }

  return {
    async end(userId, sessionId, client) {
      const ended = await transaction(db, tx => revoke(tx, userId, sessionId, client))
      // Published again if the session had ended before: the process that ended it may have died before it published.
      const own = ended || (await findSession(db, sessionId))?.user_id === userId
      if (own) await revocations.publish(sessionId, Infinity)
      return ended
    },
    async endAll(tx, userId, client, except) {
      const sessions = await activeSessions(tx, userId, idleMs)
      const ids = sessions.map(({ id }) => id).filter(id => id !== except)
      for (const id of ids) await revoke(tx, userId, id, client)
      return ids
    },
  }
}
