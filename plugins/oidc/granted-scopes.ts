// app.grantedScopes: what people have allowed applications, for those who look at their sessions. It does not load the library.
import fp from 'fastify-plugin'
import { listGrants } from '#sql/oauth-records.ts'
import type { Session } from '#sql/sessions.ts'
import { createRecordCipher, type GrantPayload, scopesOfGrant } from './provider/record-cipher.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The scopes of these sessions of applications, by their ids; none of those that have ended. */
    grantedScopes(sessionIds: Session['id'][]): Promise<Map<Session['id'], string[]>>
  }
}

export default fp(
  async app => {
    const cipher = createRecordCipher<GrantPayload>(app)

    function scopesIn(payload: string): string[] {
      try {
        return scopesOfGrant(cipher.decrypt(payload, 'Grant'))
      } catch {
        // Encrypted by a secret that is no more: nothing can be had with this grant either.
        return []
      }
    }

    app.decorate('grantedScopes', async sessionIds => {
      const grants = sessionIds.length > 0 ? await listGrants(app.db, sessionIds) : []
      return new Map(grants.map(({ grant_id, payload }) => [String(grant_id), scopesIn(payload)]))
    })
  },
  { name: 'granted-scopes', dependencies: ['db', 'keys'] },
)
