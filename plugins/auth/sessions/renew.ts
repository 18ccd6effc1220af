import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { findSession, touchSession } from '#sql/sessions.ts'
import { requireActive } from './require-active.ts'
import type { Sessions } from './types.ts'

export function renewal({ config, db }: FastifyInstance): Sessions['renew'] {
  const refreshTtlMs = config.REFRESH_TOKEN_TTL_SECONDS * 1000

  return async ({ sid, gen }) => {
    const row = await findSession(db, sid)
    // A deleted user's cookie is a dead cookie like any other, whatever route it comes to: not `user-not-found`.
    if (row?.access_role === null) throw errors.tokenInvalid()
    const session = requireActive(row)
    if (gen !== session.generation) throw errors.tokenInvalid()
    if (session.rotated_at + refreshTtlMs <= session.now) throw errors.tokenExpired()
    if (!(await touchSession(db, session))) throw errors.tokenInvalid()
    return { ...session, rotated_at: session.now }
  }
}
