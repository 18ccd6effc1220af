/** RP-initiated logout: ends our sessions, which the library does not know. @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Grants } from './grants.ts'
import { hintOf, isAsked, stateOf } from './logout-request.ts'
import { requestContextOf } from './request-context.ts'

export function completeLogouts(provider: Provider, app: FastifyInstance, grants: Grants): void {
  const { Session } = provider
  const confirmed = new WeakMap<IncomingMessage, ReturnType<typeof stateOf>>()
  const read = Session.get.bind(Session)

  /** Remembers the logout's state, which the library deletes while it ends sessions. */
  Session.get = async ctx => {
    const session = await read(ctx)
    if (ctx.oidc?.route !== 'end_session_confirm') return session
    confirmed.set(ctx.req, stateOf(session))
    // A grant is one session here: a logout ends all of it.
    for (const authorization of Object.values(session.authorizations ?? {})) authorization.persistsLogout = false
    return session
  }

  const steps: Record<string, (ctx: KoaContextWithOIDC) => Promise<void>> = {
    /** Without confirmation if nobody, or another user than the application means, is signed in. */
    async end_session(ctx) {
      const { session } = ctx.oidc
      if (ctx.status !== 200 || !session?.state || isAsked(ctx)) return
      const { postLogoutRedirectUri, state } = stateOf(session)
      await endNamed(ctx, { ...hintOf(ctx), clientId: ctx.oidc.client?.clientId })
      ctx.body = ''
      ctx.status = 303
      ctx.redirect(away(postLogoutRedirectUri, state) ?? ctx.oidc.urlFor('end_session_success'))
    },
    async end_session_confirm(ctx) {
      const state = confirmed.get(ctx.req)
      if (ctx.status !== 303 || !state) return
      await endNamed(ctx, state)
      if (ctx.oidc.params?.logout) await signOut(ctx)
    },
  }

  /** Ends the session of the ID token hint, which may belong to another browser. */
  async function endNamed(ctx: KoaContextWithOIDC, { sid, sub, clientId }: ReturnType<typeof stateOf>): Promise<void> {
    if (sid && sub && clientId) await grants.endOf({ sid, sub, clientId }, requestContextOf(ctx).request.client)
  }

  async function signOut(ctx: KoaContextWithOIDC): Promise<void> {
    const { request, reply, visitor } = requestContextOf(ctx)
    if (!visitor) return
    await app.sessions.end(visitor.user_id, visitor.sid, request.client)
    const { name } = app.sessionCookie
    const isOurs = (cookie: string) => cookie.startsWith(`${name}=`)
    app.sessionCookie.clear(reply)
    const [cleared = ''] = [reply.getHeader('set-cookie') ?? []].flat().map(String).filter(isOurs)
    const others = [ctx.response.get('set-cookie')].flat().filter(cookie => cookie && !isOurs(cookie))
    ctx.set('set-cookie', [...others, cleared])
  }

  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next()
    await steps[ctx.oidc?.route ?? '']?.(ctx)
  })
}

function away(uri: string | undefined, state: string | undefined): string | undefined {
  if (uri === undefined) return undefined
  const url = new URL(uri)
  if (state !== undefined) url.searchParams.set('state', state)
  return url.href
}
