import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { RecoveryCodeLoginRequest } from '#schemas/login.ts'
import { withOtp } from '../sessions/amr.ts'
import type { Factors } from './gate.ts'
import { loginWay } from './way.ts'

/** The second half of a login, for a user who has lost the authenticator app. */
export function byRecoveryCode({ mailer, mfa }: FastifyInstance, gate: Factors) {
  return loginWay({
    path: '/recovery_code',
    body: RecoveryCodeLoginRequest,
    errors: ['recoveryCodeInvalid', 'tokenInvalid', 'tokenExpired', 'accountDisabled', 'userAlreadyLoggedIn'],
    tokens: {
      operationId: 'finishLoginByRecoveryCode',
      summary: 'Complete a login with a recovery code',
      description:
        'Exchanges the `mfa_token` of a login and a recovery code for the tokens of a new session, for users who have ' +
        'lost their authenticator. The code is used up, and a notice is sent by email.',
    },
    cookie: {
      operationId: 'finishBrowserLoginByRecoveryCode',
      summary: 'Complete a browser login with a recovery code',
      description:
        'Exchanges the `mfa_token` of a browser login and a recovery code for a session cookie, for users who have lost ' +
        'their authenticator. The code is used up, and a notice is sent by email.',
    },
    async run({ mfa_token, recovery_code }, client) {
      const { user, first, consume: consumeChallenge } = await gate.resume(mfa_token)
      const consumeCode = await mfa.recoveryCodes.verify(user, recovery_code, client)
      const session = await gate.afterBothFactors(user, client, withOtp(first), async tx => {
        await consumeChallenge(tx)
        await consumeCode(tx)
      })
      if (!session) throw errors.tokenInvalid()
      mailer.wake()
      return session
    },
  })
}
