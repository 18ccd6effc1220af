/** Errors that occur before a request is routed, and that no hook and no error handler sees: answered here, in the same form. */
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type CatalogError, errors } from '#schemas/errors.ts'
import { clientOf } from '../client.ts'
import { render, STATUS_CODES } from './render.ts'
import { translate } from './translate.ts'

/** Fastify's `frameworkErrors`: a URL that the router cannot decode or does not accept. */
export async function handleFrameworkError(
  thrown: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { pages, securityHeaders } = request.server
  const error = translate(counted(thrown, request))
  reply
    .code(error.statusCode ?? 400)
    .headers(securityHeaders)
    .header('x-request-id', request.id)
    .header('vary', 'Accept')
    .headers(error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) })
    .type('application/json; charset=utf-8')
  const page = pages.wanted(request) ? await pageOf(request, reply, error) : undefined
  void reply.send(page ?? JSON.stringify(render(error)))
}

/** @returns undefined if it cannot be rendered */
async function pageOf(request: FastifyRequest, reply: FastifyReply, error: CatalogError): Promise<string | undefined> {
  return request.server.pages.ofError(request, reply, error).catch(err => {
    request.log.error({ err }, 'error page failed')
    return undefined
  })
}

/** These requests reach no guard, which would have counted them. */
function counted(thrown: FastifyError, request: FastifyRequest): FastifyError {
  try {
    request.server.limits.count(clientOf(request).limitKey)
    return thrown
  } catch (error) {
    return error as FastifyError
  }
}

const byParserCode: Record<string, () => CatalogError> = {
  HPE_HEADER_OVERFLOW: errors.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: errors.requestTimeout,
}

/** Fastify's `clientErrorHandler`: malformed HTTP, oversized headers, a request too slow. There is only the socket to write to. */
export function handleClientError(this: FastifyInstance, thrown: Error & { code: string }, socket: Socket): void {
  // Sent after a request with `Connection: close`, whose response is still to come.
  if (thrown.code === 'HPE_CLOSED_CONNECTION') return
  if (thrown.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const error = (byParserCode[thrown.code] ?? errors.requestInvalid)()
  const { statusCode = 400 } = error
  const body = JSON.stringify(render(error))
  const headers = {
    ...this.securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.join('')}\r\n${body}`)
}
