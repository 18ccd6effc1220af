import type { FastifyError, FastifyInstance } from 'fastify'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { translate } from '../../http/errors/translate.ts'
import { outcomeOf } from './page-sources.ts'
import { requestContextOf } from './request-context.ts'

/** The library's events for refused requests. */
const REFUSALS = [
  'authorization.error',
  'device_authorization.error',
  'end_session.error',
  'grant.error',
  'introspection.error',
  'pushed_authorization_request.error',
  'revocation.error',
  'userinfo.error',
]

const ANSWERED = new Set<string | undefined>(['introspection', 'revocation', 'userinfo'])

/** Devices poll every few seconds: these are no refusals. */
const WAITING = new Set(['authorization_pending', 'slow_down'])

/** Responses say little, so as not to help an attacker: the log has the reason. */
export function logRefusals(provider: Provider): void {
  const refusals = new WeakMap<object, object>()
  for (const event of REFUSALS)
    provider.on(event as 'grant.error', (ctx, { error, error_description, error_detail }) => {
      if (WAITING.has(error)) return
      const client_id = ctx.oidc?.client?.clientId
      refusals.set(ctx.req, { client_id, error, error_description, error_detail })
    })
  provider.use(async (ctx, next) => {
    await next()
    const refusal = refusals.get(ctx.req)
    // What the library refused may have been answered after all: it does not know tokens that are JWTs.
    const isAnswered = ctx.status === 200 && ANSWERED.has(ctx.oidc?.route)
    if (refusal && !isAnswered) requestContextOf(ctx).request.log.info(refusal, 'OpenID request refused')
  })
}

/** Errors that are ours: logged like those of other routes, and a database that is away is 503 and no bug. */
export function reportFailures(provider: Provider, { log }: FastifyInstance): void {
  const failures = new WeakMap<object, FastifyError>()
  provider.on('server_error', (ctx, error) => void failures.set(ctx.req, error as FastifyError))
  // Errors that the library did not expect, except closed connections.
  provider.onerror = (error, ctx?: KoaContextWithOIDC) => {
    if (ctx?.req.socket.errored !== error) log.error({ err: error }, 'OpenID provider failed')
  }
  provider.use(async (ctx, next) => {
    await next()
    const failure = failures.get(ctx.req)
    // Those of a page are the page's.
    if (!failure || outcomeOf(ctx.req)) return
    const { request } = requestContextOf(ctx)
    const { statusCode = 500, retryAfter } = translate(failure)
    if (statusCode === 500) return request.log.error({ err: failure }, 'OpenID provider failed')
    if (statusCode > 500) request.log.warn({ err: failure }, 'service unavailable')
    ctx.status = statusCode
    ctx.body = { error: 'temporarily_unavailable', error_description: 'try again later' }
    if (retryAfter !== undefined) ctx.set('retry-after', String(retryAfter))
  })
}
