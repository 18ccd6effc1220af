// app.outbound: requests to other services, bounded in time, size and addresses, without redirects.
import fp from 'fastify-plugin'
import type { OutboundRequest } from './send.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** @throws AddressNotAllowed, ResponseTooLarge, and what the connection throws */
    outbound(url: URL, request: OutboundRequest): Promise<Response>
  }
}

export default fp(
  async app => {
    // Loaded at the first request: the client takes memory, and many deployments never send one.
    const send = async (url: URL, request: OutboundRequest) => (await import('./send.ts')).send(url, request)
    app.decorate('outbound', app.traces?.outbound(send) ?? send)
  },
  { name: 'outbound', dependencies: ['traces'] },
)
