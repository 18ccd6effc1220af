import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { updateMfaEnabled } from '#sql/second-factors.ts'
import type { Change } from './types.ts'

export function createChange({ accounts, config }: FastifyInstance): Change {
  return (caller, client, kind, work, stepUp = null) =>
    accounts.change(
      caller.user_id,
      client,
      async (tx, user, effects) => {
        const result = await work(tx, user)
        const enabled = await updateMfaEnabled(tx, user.id)
        if (!enabled && config.MFA_REQUIRED_FOR_ADMIN && user.access_role === 'admin') throw errors.mfaRequired()
        await effects.endSessions({ except: caller.sid })
        await effects.auditEvent(kind, caller.sid)
        await effects.mail(kind)
        return result
      },
      { caller, stepUp },
    )
}
