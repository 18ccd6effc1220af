/** Our pages in place of the library's: `handOver` renders them after the library's middleware. */
import type { IncomingMessage } from 'node:http'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Page } from '../../http/pages/context.ts'
import { hintOf, isAsked, type Logout } from './logout-request.ts'

type Outcome = { statusCode: number; page: Page } | { failure: Error }

const outcomes = new WeakMap<IncomingMessage, Outcome>()

/** The page to render for this request, or the error to throw; undefined if the library has responded. */
export function outcomeOf(request: IncomingMessage): Outcome | undefined {
  return outcomes.get(request)
}

function show(
  ctx: KoaContextWithOIDC,
  name: string,
  { next, ...data }: Omit<NonNullable<Page['data']>, 'next'> & { next?: string | undefined } = {},
): void {
  // 404 is Koa's default.
  const statusCode = ctx.status === 404 ? 200 : ctx.status
  // Keeps Koa from responding.
  ctx.respond = false
  outcomes.set(ctx.req, { statusCode, page: { name: `oauth2/${name}`, data: { ...data, ...(next && { next }) } } })
}

/** A server error is rendered and logged like that of any page. */
function fail(ctx: KoaContextWithOIDC, failure: Error): void {
  ctx.respond = false
  outcomes.set(ctx.req, { failure })
}

const nameOf = ({ oidc }: KoaContextWithOIDC) => oidc.client?.clientName ?? oidc.client?.clientId

/** The CSRF token in the library's form. */
const tokenIn = (form: string) => /name="xsrf" value="([^"]*)"/.exec(form)?.[1]
const codeIn = (form: string) => /name="user_code" value="([^"]*)"/.exec(form)?.[1]

type Features = NonNullable<Configuration['features']>

export const pageSources = {
  renderError(ctx, { error, error_description }, failure) {
    if (error === 'server_error') return fail(ctx, failure)
    const uri = error === 'invalid_redirect_uri' ? ctx.oidc.params?.redirect_uri : undefined
    show(ctx, 'failed', { error, description: error_description, uri })
  },
  logout: {
    logoutSource(ctx, form) {
      if (!isAsked(ctx)) return
      const { session } = ctx.oidc
      const { postLogoutRedirectUri } = Object.assign(session?.state ?? {}, hintOf(ctx)) as Logout
      show(ctx, 'logout', { xsrf: tokenIn(form), client: nameOf(ctx), next: postLogoutRedirectUri })
    },
    postLogoutSuccessSource: ctx => show(ctx, 'signed-out', { client: nameOf(ctx) }),
  } satisfies Features['rpInitiatedLogout'],
  device: {
    userCodeInputSource: (ctx, form, out, err) =>
      show(ctx, 'device', {
        xsrf: tokenIn(form),
        code: err && 'userCode' in err ? err.userCode : undefined,
        failed: out?.error ?? err?.name,
      }),
    userCodeConfirmSource: (ctx, form, client) =>
      show(ctx, 'device-confirm', {
        xsrf: tokenIn(form),
        code: codeIn(form),
        client: client.clientName ?? client.clientId,
      }),
    successSource: ctx => show(ctx, 'device-done', { client: nameOf(ctx) }),
  } satisfies Features['deviceFlow'],
} satisfies Pick<Configuration, 'renderError'> & Record<string, unknown>
