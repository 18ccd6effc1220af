/** Hands a request over to the library, which responds on the raw response. */
import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Provider } from 'oidc-provider'
import type { AccessClaims } from '../../auth/tokens/claims.ts'
import { basePath } from '../../config/base-path.ts'
import { outcomeOf } from './page-sources.ts'
import { setRequestContext } from './request-context.ts'

/** The library's request handler, composed once from its endpoints and all middleware. */
export type Handler = ReturnType<Provider['callback']>

interface Issuer {
  host: string
  protocol: string
  path: string
}

interface HandOver {
  handle: Handler
  issuer: Issuer
}

/** The library adds the hashes of its scripts: of a form that submits itself (`response_mode=form_post`). */
const POLICY = "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'"

export async function handOver(
  { handle, issuer }: HandOver,
  request: FastifyRequest,
  reply: FastifyReply,
  visitor: AccessClaims | undefined,
): Promise<FastifyReply> {
  const { raw } = reply
  setRequestContext({ request, reply, visitor })
  pinOrigin(request.raw, issuer)
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.setHeader('content-security-policy', POLICY)
  await handle(request.raw, raw)
  const outcome = outcomeOf(request.raw)
  if (!outcome || raw.headersSent) return reply.hijack()
  if ('failure' in outcome) throw outcome.failure
  // Headers that the library has set, cookies among them, are on the raw response, where Fastify adds its own.
  return reply.code(outcome.statusCode).page(outcome.page)
}

/** PUBLIC_URL, parsed once. */
export function issuerOf(publicUrl: string): Issuer {
  const { host, protocol } = new URL(publicUrl)
  return { host, protocol: protocol.slice(0, -1), path: basePath(publicUrl) }
}

/** The library builds URLs from the request's headers: overwritten so that a forged Host cannot change them, and all begin with PUBLIC_URL. */
function pinOrigin(request: IncomingMessage & { originalUrl?: string }, { host, path, protocol }: Issuer): void {
  request.originalUrl = `${path}${request.url}`
  request.headers.host = host
  request.headers['x-forwarded-proto'] = protocol
  request.headers['x-forwarded-host'] = host
}
