// app.sessions: rotates, renews and ends sessions, and makes their tokens; `login` opens them. The row in `sessions` is the truth about each.
import fp from 'fastify-plugin'
import { DAY_MS } from '#sql/expired-rows.ts'
import { ending } from './end.ts'
import { renewal } from './renew.ts'
import { revocationForReuse, rotation } from './rotate.ts'
import { tokenMaker } from './tokens-of.ts'
import type { Sessions } from './types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    sessions: Sessions
  }
}

export default fp(
  async app => {
    const { claimsOf, tokensOf, cookieOf } = tokenMaker(app)
    app.decorate('sessions', {
      claimsOf,
      tokensOf,
      cookieOf,
      rotate: rotation(app, tokensOf),
      renew: renewal(app),
      end: ending(app),
      revokeForReuse: revocationForReuse(app),
    })
    // An ended session stays until every process has read that it ended.
    const retentionMs = DAY_MS + app.config.ACCESS_TOKEN_TTL_SECONDS * 1000
    app.cleanUp.add({ table: 'sessions', key: 'id', time: 'revoked_at', retentionMs })
    app.cleanUp.add({ table: 'sessions', key: 'id', time: 'expires_at', retentionMs })
  },
  { name: 'sessions', dependencies: ['clean-up', 'config', 'db', 'tokens', 'revocations'] },
)
