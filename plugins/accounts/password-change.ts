// app.preparePasswordChange: a logged-in user replaces the password. Other devices are logged out, and the session's earlier tokens die.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { bumpGeneration } from '#sql/sessions.ts'
import { replacePassword } from '#sql/users.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import type { ActiveSession } from '../auth/sessions/types.ts'
import type { StepUp } from '../auth/step-up/authenticate.ts'
import type { Client } from '../http/client.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Checks and hashes the new password, which takes long and is done once, however often the change is tried.
     * @throws passwordTooCommon, passwordUnchanged, tooManyAttempts, userNotFound
     */
    preparePasswordChange(caller: ChangeCaller, newPassword: string, client: Client): Promise<PasswordChange>
  }
}

/**
 * @param stepUp the caller's authentication
 * @returns the session in its next generation
 * @throws tokenInvalid, userNotFound, and what `stepUp.confirm` throws
 */
type PasswordChange = (stepUp: StepUp | null) => Promise<ActiveSession>

export default fp(async app => void app.decorate('preparePasswordChange', preparePasswordChange(app)), {
  name: 'password-change',
  dependencies: ['changes', 'credentials', 'passwords'],
})

function preparePasswordChange({
  accounts,
  credentials,
  passwords,
}: FastifyInstance): FastifyInstance['preparePasswordChange'] {
  return async (caller, newPassword, client) => {
    const { user_id, sid } = caller
    await passwords.rejectCommon(newPassword)
    const giveBackAttempt = await credentials.rejectCurrent(user_id, newPassword, client)
    const passwordHash = await passwords.hash(newPassword)

    return async stepUp => {
      const session = await accounts.change(
        user_id,
        client,
        async (tx, user, effects) => {
          if (!(await replacePassword(tx, user, passwordHash))) throw errors.tokenInvalid()
          const session = await bumpGeneration(tx, sid, user_id)
          if (!session) throw errors.tokenInvalid()
          effects.revoke(sid, session.generation)
          await effects.endSessions({ except: sid })
          await invalidateEmailTokens(tx, user_id)
          await effects.auditEvent('password-changed', sid)
          await effects.mail('password-changed')
          return { ...session, access_role: user.access_role, mfa_enabled: user.mfa_enabled }
        },
        { caller, stepUp },
      )
      await giveBackAttempt()
      return session
    }
  }
}
