// app.personalData: everything that is held about a user, for its export. A feature that stores something about users adds it.
import type { Static } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import type { PersonalData } from '#schemas/personal-data.ts'
import type { User } from '#sql/users.ts'
import type { ChangeCaller } from '../../auth/sessions/assert-caller.ts'
import type { Client } from '../../http/client.ts'
import { accountParts, type Collect } from './account.ts'

declare module 'fastify' {
  interface FastifyInstance {
    personalData: {
      /**
       * Call it in a plugin or route: `app.personalData.add('notes', userId => …)`.
       * @param name the property in the export
       */
      add(name: string, collect: Collect): void
      /**
       * Everything that is held about the user. The security history records it.
       * @throws userNotFound, tokenInvalid
       */
      export(userId: User['id'], caller: ChangeCaller, client: Client): Promise<Static<typeof PersonalData>>
    }
  }
}

export default fp(
  async app => {
    const parts = new Map<string, Collect>(Object.entries(accountParts(app)))
    app.decorate('personalData', {
      add: (name, collect) => void parts.set(name, collect),
      async export(userId, caller, client) {
        const data: Record<string, unknown> = {}
        // One after the other: an export must not take all connections to the database.
        for (const [name, collect] of parts) data[name] = await collect(userId)
        await app.accounts.change(userId, client, (_tx, _user, effects) => effects.auditEvent('exported'), { caller })
        return { exported: new Date().toISOString(), ...data }
      },
    })
  },
  { name: 'personal-data', dependencies: ['audit-events', 'changes', 'db', 'granted-scopes', 'users'] },
)
