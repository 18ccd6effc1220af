import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { lockOAuthClientShared } from '#sql/oauth-clients.ts'
import { findSession, insertSession } from '#sql/sessions.ts'
import { lockUser } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import { sessionsEnder } from '../sessions/end-all.ts'
import { requireActive } from '../sessions/require-active.ts'
import type { ActiveSession } from '../sessions/types.ts'

/**
 * Opens a session for an application, on behalf of the user of a session of ours. It inherits `auth_time` and `amr`, so it cannot
 * bypass a second factor; it can be ended on its own, with all others of the user, or by removing the application.
 * @param sid the id of the user's own session
 * @throws tokenInvalid, tokenExpired, userNotFound if that has ended; notFound if the application was removed
 */
export type OpenForApplication = (sid: string, clientId: string, client: Client) => Promise<ActiveSession>

export function applicationSessionOpener({
  config,
  db,
  revocations,
}: Pick<FastifyInstance, 'config' | 'db' | 'revocations'>): OpenForApplication {
  const lifetime = config.SESSION_TTL_SECONDS * 1000
  const { endSurplus } = sessionsEnder(config)

  return async (sid, client_id, client) => {
    const device = deviceOf(client)
    const { session, ended } = await transaction(db, async tx => {
      const { user_id } = requireActive(await findSession(tx, sid))
      await lockUser(tx, user_id)
      // Ending all sessions of the user locks the same row: it either precedes this, or ends the new session too.
      const { access_role, mfa_enabled, auth_time, amr } = requireActive(await findSession(tx, sid))
      if (!(await lockOAuthClientShared(tx, client_id))) throw errors.notFound()
      const opened = await insertSession(tx, { user_id, lifetime, auth_time, amr, client_id, ...device })
      await addAuditEvent(tx, { kind: 'application-connected', user_id, client_id, session_id: opened.id, ...device })
      return { session: { ...opened, access_role, mfa_enabled }, ended: await endSurplus(tx, opened, client) }
    })
    if (ended.length > 0) await revocations.publishEnded(ended)
    return session
  }
}

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'application-connected': true
  }
}
