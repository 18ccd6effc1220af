// app.secondFactors: changes of a user's second factors. Other sessions end, and a notice is mailed.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors, toNotFound } from '#schemas/errors.ts'
import type { SecondFactors } from '#schemas/second-factors.ts'
import { listPasskeys } from '#sql/passkeys.ts'
import { countRecoveryCodes } from '#sql/recovery-codes.ts'
import { type MfaMethod, removeSecondFactors } from '#sql/second-factors.ts'
import { findTotp } from '#sql/totp-secrets.ts'
import type { User } from '#sql/users.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import type { StepUp } from '../../auth/step-up/authenticate.ts'
import type { Client } from '../../http/client.ts'
import { createChange } from './change.ts'
import { createPasskeyFactor } from './passkeys.ts'
import { createTotpFactor } from './totp.ts'
import type { Change, PasskeyFactor, TotpFactor } from './types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    secondFactors: {
      /** Those that the user has. */
      list(userId: User['id']): Promise<SecondFactors>
      change: Change
      totp: TotpFactor
      /** Removing one belongs to `linkedLogins`: it may be the last way to log in. */
      passkeys: PasskeyFactor
      /** @returns ten recovery codes, to be shown once; the previous ones are invalid. @throws notFound without a second factor */
      renewRecoveryCodes(caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<string[]>
      /**
       * Removes all second factors of a user who has lost them, and ends the user's sessions.
       * @param caller the administrator
       * @param stepUp the administrator's authentication
       * @throws forbidden for the administrator's own: a stolen token must not be enough; notFound, also if there are none
       */
      remove(userId: User['id'], caller: ChangeCaller, client: Client, stepUp: StepUp | null): Promise<void>
    }
  }
}

const NAMES: Record<MfaMethod, string> = {
  totp: 'the authenticator app',
  passkey: 'passkeys',
  recovery_code: 'recovery codes',
}

export default fp(
  async app => {
    app.decorate('secondFactors', secondFactors(app))
    app.earlierHolder.add(async (tx, userId) => (await removeSecondFactors(tx, userId)).map(method => NAMES[method]))
  },
  { name: 'second-factors', dependencies: ['changes', 'config', 'db', 'earlier-holder', 'mfa', 'passkeys'] },
)

function secondFactors(app: FastifyInstance): FastifyInstance['secondFactors'] {
  const { accounts, db, mfa, passkeys } = app
  const change = createChange(app)
  return {
    async list(userId) {
      const totp = await findTotp(db, userId, 1)
      return {
        totp: totp ? { enabled: new Date(totp.created_at).toISOString() } : null,
        passkeys: (await listPasskeys(db, userId)).map(passkeys.serialize),
        recovery_codes_left: await countRecoveryCodes(db, userId),
      }
    },
    change,
    totp: createTotpFactor(app, change),
    passkeys: createPasskeyFactor(app, change),
    renewRecoveryCodes: (caller, client, stepUp) =>
      change(
        caller,
        client,
        'recovery-codes-renewed',
        async (tx, user) => {
          if (!user.mfa_enabled) throw errors.notFound()
          return mfa.recoveryCodes.renew(tx, user.id)
        },
        stepUp,
      ),
    async remove(userId, caller, client, stepUp) {
      if (userId === caller.user_id) throw errors.forbidden()
      const removal = accounts.change(
        userId,
        client,
        async (tx, user, effects) => {
          if ((await removeSecondFactors(tx, user.id)).length === 0) throw errors.notFound()
          await effects.auditEvent('second-factors-removed')
          await effects.mail('second-factors-removed')
          await effects.endSessions()
        },
        { caller, stepUp },
      )
      await removal.catch(toNotFound)
    },
  }
}
