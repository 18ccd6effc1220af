import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { OtpLoginRequest } from '#schemas/login.ts'
import { withOtp } from '../sessions/amr.ts'
import type { Factors } from './gate.ts'
import { loginWay } from './way.ts'

/** The second half of a login. */
export function byOtp({ mfa }: FastifyInstance, gate: Factors) {
  return loginWay({
    path: '/mfa',
    body: OtpLoginRequest,
    errors: ['otpInvalid', 'tokenInvalid', 'tokenExpired', 'accountDisabled', 'userAlreadyLoggedIn', 'tooManyAttempts'],
    tokens: {
      operationId: 'finishLogin',
      summary: 'Complete a login with a one-time password',
      description:
        'Exchanges the `mfa_token` of a login and a one-time password for the tokens of a new session. Each `mfa_token` ' +
        'allows five attempts, and each account ten per hour.',
    },
    cookie: {
      operationId: 'finishBrowserLogin',
      summary: 'Complete a browser login with a one-time password',
      description:
        'Exchanges the `mfa_token` of a browser login and a one-time password for a session cookie. Each `mfa_token` ' +
        'allows five attempts, and each account ten per hour.',
    },
    async run({ mfa_token, otp }, client) {
      const { user, first, consume: consumeChallenge } = await gate.resume(mfa_token)
      const consumeOtp = await mfa.totp.verify(user.id, otp, client)
      const session = await gate.afterBothFactors(user, client, withOtp(first), async tx => {
        await consumeChallenge(tx)
        await consumeOtp(tx)
      })
      if (!session) throw errors.tokenInvalid()
      return session
    },
  })
}
