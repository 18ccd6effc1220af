/** A response that is sent as the same bytes to everybody: however many clients do not read it, it is in memory once. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface CachedResponse {
  bytes: Buffer
  etag: string
  type: string
  cacheControl: string
}

export function cachedResponse(body: string | Buffer, type: string, cacheControl: string): CachedResponse {
  const bytes = Buffer.from(body)
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { bytes, etag, type, cacheControl }
}

/**
 * Sends the response, or 304 to a client that has it already.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function sendCached(
  { headers }: Pick<FastifyRequest, 'headers'>,
  reply: Pick<FastifyReply, 'header' | 'code' | 'send'>,
  { bytes, etag, type, cacheControl }: CachedResponse,
): void {
  reply.header('cache-control', cacheControl)
  reply.header('etag', etag)
  if (matches(headers['if-none-match'], etag)) return void reply.code(304).send()
  reply.header('content-type', type)
  reply.send(bytes)
}

function matches(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false
  return (
    condition === etag ||
    condition === '*' ||
    condition.split(',').some(part => part.trim().replace(/^W\//, '') === etag)
  )
}
