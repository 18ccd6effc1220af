// app.login: the ways to log in, each served for tokens and for cookies. A feature adds its own with `app.login.ways.add`.
import fp from 'fastify-plugin'
import { createGate, type Gate } from './gate.ts'
import { byOtp } from './otp.ts'
import { byPasskey } from './passkey.ts'
import { byPassword } from './password.ts'
import { byRecoveryCode } from './recovery-code.ts'
import type { LoginWay } from './way.ts'

declare module 'fastify' {
  interface FastifyInstance {
    login: Gate & { ways: Set<LoginWay> }
  }
}

export default fp(
  async app => {
    const gate = createGate(app)
    const ways = new Set([byPassword, byOtp, byPasskey, byRecoveryCode].map(way => way(app, gate)))
    app.decorate('login', { ...gate, ways })
  },
  { name: 'login', dependencies: ['credentials', 'db', 'mailer', 'mfa', 'passkeys', 'passwords', 'sessions'] },
)
