/**
 * Clients that have not authenticated can make the service store records, too. These are counted for each IP address and expire within an hour, so
 * that no single address fills the database.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { requestContextOf } from './request-context.ts'

/** Each stores a browser session of the library, for its form. */
const PAGES = new Set(['/oauth2/device', '/oauth2/logout'])

/** Records that a client's own request stores, and the library's name of its endpoint. */
const OF_CLIENTS: Record<string, string> = {
  DeviceCode: 'device_authorization',
  PushedAuthorizationRequest: 'pushed_authorization_request',
}

/** To be called before a page stores a session. @throws tooManyRequests */
export async function limitAnonymousPages({ limits }: FastifyInstance, request: FastifyRequest, reply: FastifyReply) {
  if (PAGES.has(request.routeOptions.url ?? '')) await limits.anonymous(request, reply)
}

/**
 * To be called before a record is stored. Only the library knows then which client a request is from, because it parses requests itself.
 * @throws tooManyRequests
 */
export function anonymousRecordLimit({ limits }: FastifyInstance, current: () => KoaContextWithOIDC | undefined) {
  return async (model: string): Promise<void> => {
    const ctx = current()
    if (!ctx) return
    const { request, reply, visitor } = requestContextOf(ctx)
    const isOfBrowser = model === 'Interaction' && !visitor
    // The client is who asks: a session cookie does not authenticate it.
    const isOfClient = OF_CLIENTS[model] === ctx.oidc.route && ctx.oidc.client?.clientAuthMethod === 'none'
    if (isOfBrowser || isOfClient) await limits.anonymous(request, reply)
  }
}
