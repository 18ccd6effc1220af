import type { FastifyRequest } from 'fastify'

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * Whether the request that the gateway asks about certainly changes nothing. Most gateways ask by GET whatever the method was and name it in
 * a header; a GET without one may stand for a POST. A WebSocket opens by GET too, and then carries messages that change things.
 */
export function isOriginalSafe({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const webSocket = headers['sec-fetch-mode'] === 'websocket' || headers['sec-websocket-key'] !== undefined
  const methods = [headers['x-original-method'], headers['x-forwarded-method']].filter(method => method !== undefined)
  return !webSocket && methods.length > 0 && methods.every(method => SAFE.includes(String(method)))
}
