/** Adds the claims of our own access tokens to those that the library issues. */
import type { FastifyInstance } from 'fastify'
import type { AccessToken, ClientCredentials, KoaContextWithOIDC, errors as libraryErrors } from 'oidc-provider'
import type { Grants } from './grants.ts'

/** Those of `app.sessions.claimsOf` that are a session's, and none of the token's. */
type SessionClaims = Record<string, unknown>

type Token = AccessToken | ClientCredentials

export function tokenClaims(app: FastifyInstance, grants: Grants, errors: typeof libraryErrors) {
  async function ofSession(grantId: string): Promise<SessionClaims> {
    const session = await grants.use(grantId).catch(error => {
      throw error.statusCode === 401 ? new errors.InvalidGrant('the session has ended') : error
    })
    const { sid, gen, user_id, access_role, mfa, auth_time, amr } = app.sessions.claimsOf(session)
    return { sid, gen, user_id, access_role, mfa, auth_time, amr }
  }

  /**
   * A JWT for a resource has the resource's scopes only; ours is for the information about its user, too. Any other must have one: there are
   * services that look at nothing but the audience.
   */
  function scopeOf({ oidc }: KoaContextWithOIDC, token: Token, audience: unknown): string | undefined {
    if (audience !== app.config.PUBLIC_URL || !('grantId' in token)) {
      if (!token.scope) throw new errors.InvalidTarget('no scope of the resource is allowed')
      return token.scope
    }
    const { params, entities } = oidc
    const source = entities.RefreshToken ?? entities.AuthorizationCode ?? entities.DeviceCode
    const asked = String(params?.scope ?? source?.scope ?? '').split(' ')
    const openid = entities.Grant?.getOIDCScopeFiltered(asked) ?? ''
    return [...new Set([...openid.split(' '), ...(token.scope ?? '').split(' ')])].filter(Boolean).join(' ')
  }

  return {
    async extra(_ctx: KoaContextWithOIDC, token: Token) {
      if ('grantId' in token && token.grantId) return ofSession(token.grantId)
      // Without a user, a token without a resource would be useless.
      if (!token.resourceServer)
        throw new errors.InvalidScope('the token would open nothing: name a scope of a resource', '')
      // A client's own token belongs to the client's own session, so that it ends with it.
      return { sid: String(token.client?.session_id), gen: 1 }
    },
    /** Of a JWT. The response is to name the same: see structured-tokens.ts. */
    addScope(ctx: KoaContextWithOIDC, token: Token, { payload }: { payload: Record<string, unknown> }) {
      payload.scope = scopeOf(ctx, token, payload.aud)
      ctx.state.scope = payload.scope
    },
  }
}
