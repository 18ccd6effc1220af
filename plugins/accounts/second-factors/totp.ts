import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { deleteTotp } from '#sql/totp-secrets.ts'
import type { Change, TotpFactor } from './types.ts'

export function createTotpFactor({ accounts, mfa }: FastifyInstance, change: Change): TotpFactor {
  return {
    start: (caller, client, stepUp) =>
      accounts.change(caller.user_id, client, (tx, user) => mfa.totp.start(tx, user, caller.sid), { caller, stepUp }),
    async enable(caller, client, otp) {
      const consume = await mfa.totp.verifyPending(caller, otp)
      return change(caller, client, 'totp-enabled', async (tx, user) => {
        await consume(tx)
        return mfa.recoveryCodes.renew(tx, user.id)
      })
    },
    async disable(caller, client, stepUp) {
      await change(
        caller,
        client,
        'totp-disabled',
        async (tx, user) => {
          if (!(await deleteTotp(tx, user.id, 1))) throw errors.notFound()
        },
        stepUp,
      )
    },
  }
}
