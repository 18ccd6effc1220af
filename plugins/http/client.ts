// request.client: the sender of the request as rate limits, sessions and audit events see it. Each part is computed when it is first asked for.
import { isIP } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Origin } from '#sql/audit-events.ts'
import type { Device } from '#sql/sessions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    client: Client
  }
}

/** Domain functions take this instead of a request, so that scripts can call them too. */
export interface Client {
  /** As TRUST_PROXY has it, without a port; null for a script. */
  readonly ip: string | null
  readonly userAgent: string | null
  /** The key that limits count by: the IP address, for IPv6 its /64. An IPv4 address is the same key however it is written. */
  readonly limitKey: string
  /** The user who is logged in, if any; absent for a script. */
  readonly userId?: number | null
  /** The language that pages would have, if the client asks for any; absent for a script. */
  readonly language?: string | null
}

/** Longest textual IP address, and the width of the columns (characters): IPv6 ending in an IPv4 address. */
const IP_MAX_LENGTH = 45
/** Width of the columns (characters). */
const USER_AGENT_MAX_LENGTH = 512

const cached = Symbol('client')

export default fp(
  async app => {
    app.decorateRequest(cached, undefined)
    app.decorateRequest('client', {
      getter(this: FastifyRequest & { [cached]?: Client }) {
        this[cached] ??= new RequestClient(this)
        return this[cached]
      },
    })
  },
  { name: 'client', dependencies: ['languages'] },
)

/** For requests that Fastify does not decorate: those it cannot route. */
export function clientOf(request: FastifyRequest): Client {
  return new RequestClient(request)
}

class RequestClient implements Client {
  readonly #request: FastifyRequest
  #ip: string | undefined
  #limitKey: string | undefined

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  get ip(): string {
    this.#ip ??= ipOf(this.#request)
    return this.#ip
  }

  get userAgent(): string | null {
    return this.#request.headers['user-agent']?.slice(0, USER_AGENT_MAX_LENGTH) ?? null
  }

  get limitKey(): string {
    this.#limitKey ??= normalizeIP(this.ip, 64)
    return this.#limitKey
  }

  /** Not computed once: who is logged in becomes known after the first use. */
  get userId(): number | null {
    const { user, caller } = this.#request as Partial<FastifyRequest>
    return (user ?? caller)?.user_id ?? null
  }

  get language(): string | null {
    const { headers, query, server } = this.#request
    const wanted = [langIn(query), headers['accept-language']]
    return wanted.some(Boolean) ? server.languages.choose(...wanted) : null
  }
}

/** A client in the columns of sessions. */
export function deviceOf({ ip, userAgent }: Client): Device {
  return { ip, user_agent: userAgent }
}

/** A client in the columns of audit events. */
export function originOf(client: Client): Origin {
  return { ...deviceOf(client), actor_id: client.userId ?? null }
}

/** `?lang=de`, by which pages are chosen. */
function langIn(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null || !('lang' in query)) return undefined
  return typeof query.lang === 'string' ? query.lang : undefined
}

/** A proxy may pass on anything as the client's address: what is no IP address reaches neither columns nor limits nor logs. */
function ipOf({ ip, socket }: FastifyRequest): string {
  const forwarded = withoutPort(ip)
  const address = isIP(forwarded) ? forwarded : (socket.remoteAddress ?? '')
  return address.slice(0, IP_MAX_LENGTH)
}

/** Some proxies append the port, which would make a new client of each connection. */
function withoutPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}
