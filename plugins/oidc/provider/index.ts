// app.openidProvider: OpenID Connect and OAuth 2.0 for other applications, by the library oidc-provider, which is loaded by the first request that needs it.
import fp from 'fastify-plugin'
import type { Provider } from 'oidc-provider'
import { forgetUsedTokens } from '#sql/used-refresh-tokens.ts'
import { waysByPassword } from '../../auth/login/ways-by-password.ts'
import { configError } from '../../config/checks.ts'
import { limitAnonymousPages } from './anonymous-limit.ts'
import type { Interactions } from './interactions.ts'
import { providerMetadata } from './metadata.ts'

declare module 'fastify' {
  interface FastifyInstance {
    openidProvider: {
      /** Responds to a request for one of the provider's endpoints. */
      respond(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
      /** Reads and answers the library's interactions. */
      interactions(): Promise<Interactions>
      /** The name of the application whose interaction is at this URL, if it is one. */
      applicationAt(url: string): Promise<string | undefined>
      /** For tests. */
      library(): Promise<Provider>
    }
  }
}

/** The path of an interaction, with its id. */
const INTERACTION_PATH = /\/oauth2\/interaction\/([\w-]{1,64})$/

/** Records expire by the database's clock, and are deleted by that of the process (ms). */
const CLOCK_DIFFERENCE_MAX_MS = 300_000

export default fp(
  async app => {
    const logins = app.login.withGate(gate => ({
      openForApplication: gate.forApplication,
      waysOf: (clientId: string) => waysByPassword(app, gate.ofApplication(clientId)),
    }))
    let loaded: ReturnType<typeof load> | undefined

    async function load() {
      const { createProvider } = await import('./create.ts')
      return createProvider(app, logins)
    }

    function loadOnce() {
      loaded ??= load().catch(error => {
        loaded = undefined
        throw error
      })
      return loaded
    }

    app.decorate('openidProvider', {
      async respond(request, reply) {
        const { handOver } = await loadOnce()
        const visitor = await app.access.visitor(request, reply)
        if (!visitor) await limitAnonymousPages(app, request, reply)
        return handOver(request, reply, visitor)
      },
      interactions: async () => (await loadOnce()).interactions,
      async applicationAt(url) {
        const [, uid] = INTERACTION_PATH.exec(URL.parse(url, app.config.PUBLIC_URL)?.pathname ?? '') ?? []
        return uid === undefined ? undefined : (await loadOnce()).interactions.applicationOf(uid)
      },
      library: async () => (await loadOnce()).provider,
    })
    // Routes are loaded after this, and name their scopes.
    app.addHook('onReady', async () => {
      const taken = [...app.access.scopes].find(app.resourceOf)
      if (taken) throw configError('OAUTH_RESOURCES', `has the scope ${taken}, which is of this service`)
      app.discovery.add(providerMetadata(app))
    })
    const usedMs = app.config.REFRESH_GRACE_SECONDS * 1000 + CLOCK_DIFFERENCE_MAX_MS
    app.cleanUp.add({ name: 'used refresh tokens', run: () => forgetUsedTokens(app.db, usedMs) })
    app.cleanUp.add({ table: 'oauth_records', key: 'id', time: 'expires_at', retentionMs: CLOCK_DIFFERENCE_MAX_MS })
  },
  {
    name: 'provider',
    dependencies: [
      'access',
      'clean-up',
      'clients',
      'config',
      'db',
      'discovery',
      'granted-scopes',
      'keys',
      'login',
      'oauth-resources',
      'outbound',
      'pages',
      'sessions',
    ],
  },
)
