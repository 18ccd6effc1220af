// app.health: is this process fit to serve? Redis makes things quick but is not needed, so its absence degrades and does not unready.

import fp from 'fastify-plugin'
import { sql } from 'kysely'

export interface Health {
  status: 'ok' | 'degraded' | 'unavailable'
  checks: Record<'database' | 'redis' | 'revocations', 'up' | 'down' | 'absent'>
}

declare module 'fastify' {
  interface FastifyInstance {
    health: {
      /** Asks the database and Redis, and waits a second at most. */
      check(): Promise<Health>
      /** From now on this process is not ready: it is about to stop. */
      drain(): void
    }
  }
}

const PATIENCE = 1000

export default fp(
  async app => {
    let draining = false
    app.decorate('health', {
      drain: () => {
        draining = true
      },
      async check() {
        const [database, redis] = await Promise.all([
          answers(sql`select 1`.execute(app.db)),
          app.redis ? answers(app.redis.ping()) : ('absent' as const),
        ])
        const fresh = app.revocations.staleness() < app.config.REVOCATION_MAX_STALENESS_SECONDS * 1000
        const checks = { database, redis, revocations: fresh ? 'up' : 'down' } as const
        if (draining || database === 'down' || !fresh) return { status: 'unavailable', checks }
        return { status: redis === 'down' ? 'degraded' : 'ok', checks }
      },
    })
  },
  { name: 'health', dependencies: ['db', 'redis', 'revocations'] },
)

async function answers(question: Promise<unknown>): Promise<'up' | 'down'> {
  const tooLate = new Promise<'down'>(resolve => setTimeout(resolve, PATIENCE, 'down').unref())
  return Promise.race([
    question.then(
      () => 'up' as const,
      () => 'down' as const,
    ),
    tooLate,
  ])
}
