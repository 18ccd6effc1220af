import type { FastifyRequest } from 'fastify'

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * Whether the request that the gateway asks about certainly changes nothing. Most gateways ask by GET whatever the method was and name it in
 * a header; a GET without one may stand for a POST. A WebSocket opens by GET too, and then carries messages that change things: one trace of its
 * handshake is enough, since gateways drop some of these headers.
 */
export function isOriginalSafe({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const methods = [headers['x-original-method'], headers['x-forwarded-method']].filter(method => method !== undefined)
  return !opensWebSocket(headers) && methods.length > 0 && methods.every(method => SAFE.includes(String(method)))
}

/** @see https://www.rfc-editor.org/rfc/rfc6455#section-4.1 */
function opensWebSocket(headers: FastifyRequest['headers']): boolean {
  return (
    headers['sec-fetch-mode'] === 'websocket' ||
    /\bwebsocket\b/i.test(headers.upgrade ?? '') ||
    Object.keys(headers).some(name => name.startsWith('sec-websocket-'))
  )
}
