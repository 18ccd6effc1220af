// app.oauthResources, app.resourceOf: other services that tokens can be for, by OAUTH_RESOURCES.
import fp from 'fastify-plugin'
import { type OAuthResource, parseOAuthResources } from './config/oauth-resources.ts'

declare module 'fastify' {
  interface FastifyInstance {
    oauthResources: OAuthResource[]
    /** The resource indicator of the service that a scope belongs to; undefined for scopes of this service, and of OpenID Connect. */
    resourceOf(scope: string): string | undefined
  }
}

export default fp(
  async app => {
    const resources = parseOAuthResources(app.config.OAUTH_RESOURCES)
    const byScope = new Map(resources.flatMap(({ resource, scopes }) => scopes.map(scope => [scope, resource])))
    app.decorate('oauthResources', resources)
    app.decorate('resourceOf', scope => byScope.get(scope))
  },
  { name: 'oauth-resources', dependencies: ['config'] },
)
