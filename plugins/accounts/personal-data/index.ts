// app.personalData: everything that is held about a user, for its export. A feature that stores something about users adds it.
import fp from 'fastify-plugin'
import type { User } from '#sql/users.ts'
import { accountParts, type Collect } from './account.ts'

declare module 'fastify' {
  interface FastifyInstance {
    personalData: {
      /**
       * Call it in a plugin or route: `app.personalData.add('notes', userId => …)`.
       * @param name the property in the export
       */
      add(name: string, collect: Collect): void
      collect(userId: User['id']): Promise<Record<string, unknown>>
    }
  }
}

export default fp(
  async app => {
    const parts = new Map<string, Collect>(Object.entries(accountParts(app)))
    app.decorate('personalData', {
      add: (name, collect) => void parts.set(name, collect),
      async collect(userId) {
        const data: Record<string, unknown> = {}
        // One after the other: an export must not take all connections to the database.
        for (const [name, collect] of parts) data[name] = await collect(userId)
        return data
      },
    })
  },
  { name: 'personal-data', dependencies: ['audit-events', 'db', 'users'] },
)
