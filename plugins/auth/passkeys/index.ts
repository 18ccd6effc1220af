// app.passkeys: WebAuthn for PUBLIC_URL's host, or PASSKEY_RP_ID. A passkey is both factors: something one has, unlocked by something one knows or is.
import fp from 'fastify-plugin'
import { DAY_MS } from '#sql/expired-rows.ts'
import { createCeremony } from './ceremony.ts'
import { createChallenges } from './challenges.ts'
import { createLogin } from './login.ts'
import { createRegistration } from './registration.ts'
import { serialize } from './serialize.ts'
import type { Passkeys } from './types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    passkeys: Passkeys
  }
}

/** @see https://www.w3.org/TR/webauthn-3/ */
export default fp(
  async app => {
    const ceremony = createCeremony(app, createChallenges(app.keys.derive('passkey-challenge')))
    app.decorate('passkeys', { ...createRegistration(app, ceremony), ...createLogin(app, ceremony), serialize })
    // Longer than clocks differ between processes: a challenge that is deleted too early could be answered again.
    app.cleanUp.add({ table: 'used_challenges', key: 'id', time: 'expires_at', retentionMs: DAY_MS })
  },
  { name: 'passkeys', dependencies: ['clean-up', 'config', 'db', 'keys'] },
)
