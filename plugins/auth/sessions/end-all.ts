/** Ends the sessions of a user. It is no decorator: only changes of accounts use it, which have locked the user, so a login in progress is waited for, seen and ended. */
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { activeSessions, endGrace, type Session } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import { revokeAndRecord } from './end.ts'

/** @returns the ids of the ended sessions, whose revocation the caller publishes after the commit */
type EndAll = (
  tx: Transaction<Tables>,
  userId: User['id'],
  client: Client,
  except?: Session['id'],
) => Promise<Session['id'][]>

export function sessionsEnder(config: FastifyInstance['config']): EndAll {
  // After this time without a rotation both tokens have expired: access tokens may be configured to live longer than refresh tokens.
  const idleMs = Math.max(config.REFRESH_TOKEN_TTL_SECONDS, config.ACCESS_TOKEN_TTL_SECONDS) * 1000
  return async (tx, userId, client, except) => {
    const sessions = await activeSessions(tx, userId, idleMs)
    const ids = sessions.map(({ id }) => id).filter(id => id !== except)
    if (except !== undefined) await endGrace(tx, except)
    for (const id of ids) await revokeAndRecord(tx, userId, id, client)
    return ids
  }
}
