import type { FastifyInstance } from 'fastify'
import type { Configuration, errors as libraryErrors, ResourceServer } from 'oidc-provider'
import { withoutSlash } from '../../config/oauth-resources.ts'
import { resourceScopes } from './scopes.ts'

type Settings = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

export type ResourceIndicators = ReturnType<typeof resourceIndicators>

/** The resource servers: this service, and those of OAUTH_RESOURCES. @see https://www.rfc-editor.org/rfc/rfc8707 */
export function resourceIndicators(
  { access, config, keys, oauthResources, resourceOf }: FastifyInstance,
  errors: typeof libraryErrors,
) {
  const [key] = keys.tokens.access
  const servers = new Map(
    [{ resource: config.PUBLIC_URL, scopes: [...access.scopes] }, ...oauthResources].map(server => [
      withoutSlash(server.resource),
      { audience: server.resource, scopes: new Set(server.scopes) },
    ]),
  )

  /** Like the access tokens of our own logins, but for another audience: services that verify those do not check scopes. */
  const format: Omit<ResourceServer, 'scope'> = {
    accessTokenTTL: config.ACCESS_TOKEN_TTL_SECONDS,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: key?.alg as 'EdDSA', ...(key && { kid: key.kid }) } },
  }

  return {
    /** Each scope belongs to one service, and so implies it. */
    defaultResource(ctx) {
      const named = resourceScopes(ctx.oidc.params?.scope).map(scope => resourceOf(scope) ?? config.PUBLIC_URL)
      const [first, ...more] = new Set(named)
      return first === undefined || more.length > 0 ? [...new Set(named)] : first
    },
    getResourceServerInfo(ctx, resource, client) {
      const server = servers.get(withoutSlash(resource))
      if (!server) throw new errors.InvalidTarget()
      const isByItself = ctx.oidc.params?.grant_type === 'client_credentials'
      const registered = client.resource_scopes as string[]
      const allowed = registered.filter(scope => isByItself || !access.ownScopes.has(scope))
      const refused = resourceScopes(ctx.oidc.params?.scope).find(scope => !allowed.includes(scope))
      if (refused) throw new errors.InvalidScope('requested scope is not allowed', refused)
      return {
        ...format,
        audience: server.audience,
        scope: allowed.filter(scope => server.scopes.has(scope)).join(' '),
      }
    },
    useGrantedResource: () => true,
  } satisfies Settings
}
