/** What an application asks for with a logout. */
import type { KoaContextWithOIDC } from 'oidc-provider'

export interface Logout {
  clientId?: string | undefined
  postLogoutRedirectUri?: string | undefined
  state?: string | undefined
  /** The session and the user that the ID token of the application is of. */
  sid?: string | undefined
  sub?: string | undefined
}

/** As the library and we keep it in the browser's session until the person has answered. */
export function stateOf({ state }: { state?: unknown }): Logout {
  return { ...(state as Logout | undefined) }
}

/** What the ID token says that the application sent along: the library has verified it, but for its expiry. */
export function hintOf({ oidc }: KoaContextWithOIDC): Pick<Logout, 'sid' | 'sub'> {
  const { payload } = (oidc.entities.IdTokenHint ?? {}) as { payload?: { sid?: string; sub?: string } }
  return { sid: payload?.sid, sub: payload?.sub }
}

/** Whether the person in this browser is asked: not if another one is meant. */
export function isAsked(ctx: KoaContextWithOIDC): boolean {
  const { accountId } = ctx.oidc.session ?? {}
  const { sub = accountId } = hintOf(ctx)
  return accountId !== undefined && sub === accountId
}
