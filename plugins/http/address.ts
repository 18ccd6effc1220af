// app.address: where a request comes from, as TRUST_PROXY has it told. Limits count by it, sessions and events keep it.
import { isIP } from 'node:net'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** The caller's address. Some proxies write a port along, which would make another caller of every connection. */
    address(request: FastifyRequest): string
  }
}

/** The longest there is, and what the columns hold (characters): an IPv6 address that ends in an IPv4 one. */
const LONGEST = 45

export default fp(
  async app => {
    app.decorate('address', ({ ip, socket }) => {
      const told = withoutPort(ip)
      // What a proxy lets through need not be an address at all: neither column, limit nor log takes it for one.
      const address = isIP(told) ? told : (socket.remoteAddress ?? '')
      return address.slice(0, LONGEST)
    })
  },
  { name: 'address' },
)

function withoutPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}
