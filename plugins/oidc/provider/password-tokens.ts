/** Resolves the scopes of the password grant, and issues tokens like those of the library's own grants. */
import type { FastifyInstance } from 'fastify'
import type {
  errors as libraryErrors,
  Provider,
  ResourceServerInstance,
  TokenEndpointGrantContext,
} from 'oidc-provider'
import type { OpenedSession } from '../../auth/login/open-session.ts'
import type { accountFinder } from './account.ts'
import { acrOf } from './acr.ts'
import type { Grants } from './grants.ts'
import type { ResourceIndicators } from './resources.ts'
import { openidScopes } from './scopes.ts'
import { isRefreshable } from './token-ids.ts'

export interface TokenParts {
  errors: typeof libraryErrors
  findAccount: ReturnType<typeof accountFinder>
  grants: Grants
  resources: ResourceIndicators
}

/** Parameters of the grant, besides those of client authentication. */
export const PARAMETERS = ['username', 'password', 'scope', 'mfa_token', 'otp', 'recovery_code'] as const

export interface Parameters extends Partial<Record<(typeof PARAMETERS)[number], string>> {}

export type PasswordGrantContext = TokenEndpointGrantContext<Parameters>

export function passwordTokens(
  provider: Provider,
  app: FastifyInstance,
  { errors, findAccount, grants, resources }: TokenParts,
) {
  return {
    /**
     * Resolves the requested scopes: by default, all that the application is registered for.
     * @returns the resource server of the access token; undefined if it has none
     */
    async resolveScopes(ctx: PasswordGrantContext): Promise<ResourceServerInstance | undefined> {
      const { client, params, requestParamOIDCScopes, resourceServers } = ctx.oidc
      const registered = openidScopes(client.scope)
      const refused = [...requestParamOIDCScopes].find(scope => !registered.includes(scope))
      if (refused) throw new errors.InvalidScope('requested scope is not allowed', refused)
      params.scope ??= [...registered, ...(client.resource_scopes as string[])].join(' ')
      const name = await resources.defaultResource(ctx)
      if (Array.isArray(name) && name.length > 1)
        throw new errors.InvalidTarget('scopes of several resources: one token is for one')
      if (typeof name !== 'string') return undefined
      const server = await resources.getResourceServerInfo(ctx, name, client)
      resourceServers[name] = new provider.ResourceServer(name, server)
      return resourceServers[name]
    },

    /** @returns the response */
    async issue(ctx: PasswordGrantContext, session: OpenedSession, resource: ResourceServerInstance | undefined) {
      const { client, requestParamScopes: scopes } = ctx.oidc
      const grant = await grants.adopt(ctx, session)
      const { sid, sub, auth_time, amr } = app.sessions.claimsOf(session)
      const account = await findAccount(sub)
      if (!account) throw new errors.InvalidGrant('the account is gone')
      ctx.oidc.entity('Grant', grant)
      ctx.oidc.entity('Account', account)
      const openid = grant.getOIDCScopeFiltered(scopes)
      const source = { client, accountId: sub, grantId: sid, sid, gty: 'password' }
      const login = { acr: acrOf(amr), amr }

      async function accessToken() {
        const token = new provider.AccessToken({
          ...source,
          ...(resource && { resourceServer: resource }),
          scope: resource ? grant.getResourceScopeFiltered(resource.identifier(), scopes) : openid,
        })
        ctx.oidc.entity('AccessToken', token)
        const { scope, tokenType: token_type } = token
        return { access_token: await token.save(), token_type, expires_in: token.expiration, scope }
      }

      async function refreshToken() {
        const token = new provider.RefreshToken({
          ...source,
          ...login,
          authTime: auth_time,
          scope: [...scopes].join(' '),
          resource: resource?.identifier(),
          rotations: 0,
        })
        return { refresh_token: await token.save() }
      }

      async function idToken() {
        const claims = { ...(await account?.claims('id_token', openid, {}, [])), sub, ...login, auth_time }
        const token = new provider.IdToken(claims, { ctx })
        // Where the access token reads the user information, the claims are there.
        Object.assign(token, { scope: resource ? openid : 'openid' })
        token.set('sid', sid)
        return { id_token: await token.issue({ use: 'idtoken' }) }
      }

      const { password_change_advised } = session
      return {
        ...(await accessToken()),
        ...(isRefreshable(client, scopes) && (await refreshToken())),
        ...(openid.split(' ').includes('openid') && (await idToken())),
        ...(password_change_advised && { password_change_advised }),
      }
    },
  }
}
