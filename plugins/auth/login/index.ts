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
    login: {
      ways: LoginWays
      /** The one of them that is a grant of OAuth, for the token endpoint. */
      byPassword: LoginWay
      /**
       * Hands the gate to a plugin whose logins are no pair of routes with a body, as `ways` are. Call it in the plugin.
       * @throws {Error} after the routes have read the ways
       */
      withGate<Login>(create: (gate: Gate) => Login): Login
    }
  }
}

interface LoginWays extends Iterable<LoginWay> {
  /**
   * Call it in a plugin. Only what is added here, or by `withGate`, gets hold of the gate, so both close when the routes read the list.
   * @throws {Error} after that
   */
  add(way: (gate: Gate) => LoginWay): void
}

export default fp(
  async app => {
    const gate = createGate(app)
    const password = byPassword(app, gate)
    const ways = [password, byOtp(app, gate), byPasskey(app, gate), byRecoveryCode(app, gate)]
    let closed = false
    const requireOpen = () => {
      if (closed) throw new Error('A way to log in must be added by a plugin, before the routes are loaded')
    }
    app.decorate('login', {
      ways: {
        add(way) {
          requireOpen()
          ways.push(way(gate))
        },
        [Symbol.iterator]() {
          closed = true
          return ways.values()
        },
      },
      byPassword: password,
      withGate(create) {
        requireOpen()
        return create(gate)
      },
    })
  },
  {
    name: 'login',
    dependencies: ['config', 'credentials', 'db', 'mailer', 'mfa', 'passkeys', 'passwords', 'revocations'],
  },
)
