// app.mfa: second factors, and the challenges of logins that wait for one. Passkeys are a plugin of their own: they are both factors.
import fp from 'fastify-plugin'
import { type Challenges, createChallenges } from './challenges.ts'
import { createRecoveryCodes, type RecoveryCodes } from './recovery-codes.ts'
import { createTotp, type Totp } from './totp.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mfa: {
      totp: Totp
      recoveryCodes: RecoveryCodes
      challenges: Challenges
    }
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/Multifactor_Authentication_Cheat_Sheet.html */
export default fp(
  async app => {
    const totp = createTotp(app)
    app.decorate('mfa', { totp, recoveryCodes: createRecoveryCodes(app), challenges: createChallenges(app) })
    app.cleanUp.add({ table: 'mfa_challenges', key: 'id', time: 'expires_at', retentionMs: 0 })
    app.cleanUp.add({ name: 'totp_secrets', run: totp.reencrypt })
  },
  { name: 'mfa', dependencies: ['clean-up', 'config', 'db', 'tokens', 'keys'] },
)
