import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { activeSessions, insertSession } from '#sql/sessions.ts'
import { recordLogin } from '#sql/users.ts'
import { deviceOf } from '../../http/client.ts'
import type { Sessions } from './types.ts'

export function opening({ config, db }: FastifyInstance): Sessions['open'] {
  const lifetime = config.SESSION_TTL_SECONDS * 1000
  const refreshTtlMs = config.REFRESH_TOKEN_TTL_SECONDS * 1000

  return async (user, client, { rehashed, consume } = {}) => {
    const { id: user_id, access_role, mfa_enabled } = user
    const device = deviceOf(client)
    const session = await transaction(db, async tx => {
      if (!(await recordLogin(tx, user, rehashed))) return undefined
      await consume?.(tx)
      if (config.LOGIN_POLICY === 'single' && (await activeSessions(tx, user_id, refreshTtlMs)).length > 0)
        throw errors.userAlreadyLoggedIn()
      const opened = await insertSession(tx, { user_id, lifetime, ...device })
      await addAuditEvent(tx, { kind: 'logged-in', user_id, session_id: opened.id, ...device })
      return opened
    })
    return session && { ...session, access_role, mfa_enabled }
  }
}
