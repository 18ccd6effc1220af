// app.oauthClients: the registry of the OpenID provider's clients and their secrets, which administrators maintain.
import fp from 'fastify-plugin'
import { clientRegistry } from './registry.ts'
import type { OAuthClientRegistry } from './types.ts'

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'application-registered': true
    'application-changed': true
    'application-removed': true
    'application-secret-rotated': true
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    oauthClients: OAuthClientRegistry
  }
}

export default fp(async app => void app.decorate('oauthClients', clientRegistry(app)), {
  name: 'clients',
  dependencies: ['access', 'changes', 'config', 'db', 'discovery', 'pagination'],
})
