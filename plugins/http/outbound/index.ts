// app.outbound: requests to other services, bounded in time, size and addresses, without redirects.
import fp from 'fastify-plugin'

export interface OutboundRequest {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** Hosts that the operator named, as URLs have them: these may have private addresses, and be reached without TLS on this machine. */
  internalHosts: readonly string[]
  /** Until the response is complete. */
  timeoutMs: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /** @throws AddressNotAllowed, ResponseTooLarge, and what the connection throws */
    outbound(url: URL, request: OutboundRequest): Promise<Response>
  }
}

export default fp(
  async app => {
    // Loaded at the first request: the client takes memory, and many deployments never send one.
    app.decorate('outbound', async (url, request) => (await import('./send.ts')).send(url, request))
  },
  { name: 'outbound' },
)
