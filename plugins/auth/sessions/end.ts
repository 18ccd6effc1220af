import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { addAuditEvent } from '#sql/audit-events.ts'
import { noteActor } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { findClientOf, findSession, revokeSession, type Session } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import { type Client, originOf } from '../../http/client.ts'
import type { Sessions } from './types.ts'

export function ending({ db, revocations }: FastifyInstance): Sessions['end'] {
  return async (userId, sessionId, client) => {
    const ended = await transaction(db, tx => revokeAndRecord(tx, userId, sessionId, client))
    // Published again if the session had ended before: the process that ended it may have died before it published.
    const own = ended || (await findSession(db, sessionId))?.user_id === userId
    if (own) await revocations.publish(sessionId, Infinity)
    return ended
  }
}

/** @returns false if there is no such active session */
export async function revokeAndRecord(
  tx: Transaction<Tables>,
  user_id: User['id'],
  session_id: Session['id'],
  client: Client,
): Promise<boolean> {
  if (!(await revokeSession(tx, session_id, user_id))) return false
  noteActor(tx, client.userId ?? null)
  const client_id = await findClientOf(tx, session_id)
  await addAuditEvent(tx, { kind: 'session-ended', user_id, session_id, client_id, ...originOf(client) })
  return true
}
