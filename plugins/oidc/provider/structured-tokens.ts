/**
 * The library keeps no JWT, so its endpoints refuse our access tokens for resources. They are answered here from the token itself and from our
 * revocations, after the library has authenticated the client.
 */
import type { FastifyInstance } from 'fastify'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { errors } from '#schemas/errors.ts'
import type { Bearer } from '../../auth/access/access-token.ts'
import { mfaRequirement } from '../../auth/access/mfa-requirement.ts'
import type { accountFinder } from './account.ts'
import type { Grants } from './grants.ts'
import { requestContextOf } from './request-context.ts'
import { OPENID_SCOPES, openidScopes } from './scopes.ts'

interface Parts {
  findAccount: ReturnType<typeof accountFinder>
  grants: Grants
}

export function supportJwtAccessTokens(provider: Provider, app: FastifyInstance, { findAccount, grants }: Parts): void {
  const mfaMissing = mfaRequirement(app)
  /** Of an administrator who has yet to enroll a second factor a token opens nothing: it can only be revoked. */
  const isUsable = (claims: Bearer | undefined): claims is Bearer =>
    claims !== undefined && (claims.user_id === undefined || !mfaMissing(claims))

  const answers: Record<string, (ctx: KoaContextWithOIDC) => Promise<void>> = {
    /** @see https://www.rfc-editor.org/rfc/rfc7662#section-2.2 */
    async introspection(ctx) {
      if (!isRefused(ctx)) return
      // Public clients do not authenticate, so anybody could introspect in their name.
      const claims = ctx.oidc.client?.clientAuthMethod === 'none' ? undefined : read(ctx.oidc.params?.token)
      ctx.status = 200
      ctx.body = isUsable(claims)
        ? { active: true, token_type: claims.cnf ? 'DPoP' : 'Bearer', ...claims }
        : { active: false }
    },
    /** @see https://www.rfc-editor.org/rfc/rfc7009#section-2.1 */
    async revocation(ctx) {
      if (!isRefused(ctx)) return
      const claims = read(ctx.oidc.params?.token)
      const isOwn = claims?.client_id === ctx.oidc.client?.clientId
      // A client credentials token belongs to no grant that could be ended.
      if (isOwn && claims && claims.user_id === undefined) return
      if (isOwn && claims) await grants.end(claims.sid, requestContextOf(ctx).request.client)
      ctx.status = 200
      ctx.type = 'text/plain'
      ctx.body = ''
    },
    /** @see https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse */
    async userinfo(ctx) {
      if (ctx.status !== 401) return
      const claims = await sentWith(ctx).catch(undefinedIfInvalid)
      const scopes = claims?.scope?.split(' ') ?? []
      if (!isUsable(claims) || !scopes.includes('openid')) return
      const client = await provider.Client.find(String(claims.client_id))
      if (!client) return
      const account = await findAccount(claims.sub)
      if (!account) return
      const available: Record<string, unknown> = { ...(await account.claims('userinfo', '', {}, [])) }
      // Like the library: of the scopes that the application is registered for now, and `sub` in any case.
      const open = new Set(openidScopes(client.scope)).intersection(new Set(scopes)).add('openid')
      const opened = Object.entries(OPENID_SCOPES).flatMap(([scope, names]) => (open.has(scope) ? names : []))
      ctx.status = 200
      ctx.remove('www-authenticate')
      ctx.body = Object.fromEntries(opened.filter(name => name in available).map(name => [name, available[name]]))
    },
  }

  function read(token: unknown): Bearer | undefined {
    try {
      return app.access.bearer(`Bearer ${token}`)
    } catch (error) {
      if (error instanceof Error && 'statusCode' in error && error.statusCode === 401) return undefined
      throw error
    }
  }

  /** In the header, with its proof if it is bound to a key, or in a form. @see https://www.rfc-editor.org/rfc/rfc6750#section-2.2 */
  async function sentWith(ctx: KoaContextWithOIDC): Promise<Bearer> {
    const { access_token } = (ctx.oidc.body ?? {}) as { access_token?: unknown }
    const { request } = requestContextOf(ctx)
    if (request.headers.authorization !== undefined || access_token === undefined) return app.access.bearerOf(request)
    const claims = app.access.bearer(`Bearer ${access_token}`)
    if (claims.cnf) throw errors.tokenInvalid()
    return claims
  }

  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next()
    if (ctx.oidc?.route === 'token') nameScopeOfToken(ctx)
    await answers[ctx.oidc?.route ?? '']?.(ctx)
  })
}

function undefinedIfInvalid(error: { statusCode?: number }): undefined {
  if (error.statusCode !== 401) throw error
}

/** The library has authenticated the client, and looked at nothing but the form of the token. */
function isRefused(ctx: KoaContextWithOIDC): boolean {
  const { error } = (ctx.body ?? {}) as { error?: string }
  return error === 'unsupported_token_type'
}

/** Makes `scope` that of the token: the library leaves out those of OpenID Connect. */
function nameScopeOfToken({ body, state }: KoaContextWithOIDC): void {
  if (typeof body === 'object' && body !== null && 'access_token' in body && 'scope' in state)
    Object.assign(body, { scope: state.scope })
}
