import type { FastifyInstance } from 'fastify'
import type { Factors } from './gate.ts'
import { byOtp } from './otp.ts'
import { byPassword } from './password.ts'
import { byRecoveryCode } from './recovery-code.ts'
import type { LoginWay } from './way.ts'

/** A login with a password, and the second half that it may have. */
export type WaysByPassword = Record<'password' | 'otp' | 'recovery_code', LoginWay>

/** The very ones that the service itself has: only whose session they open is another matter. */
export function waysByPassword(app: FastifyInstance, gate: Factors): WaysByPassword {
  return { password: byPassword(app, gate), otp: byOtp(app, gate), recovery_code: byRecoveryCode(app, gate) }
}
