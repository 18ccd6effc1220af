/** A request whose body comes later than its headers, as nobody's HTTP client sends it. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { until } from './until.ts'

interface Late {
  method: string
  path: string
  headers: Record<string, string>
  body: string | Buffer
  /** How much of the body comes with the headers (bytes). */
  early?: number
}

/**
 * Lets the application listen, and returns what sends a request to it: the headers, then the body, or its rest, when `meanwhile` is done. The headers have passed
 * the guards by then.
 * @returns the whole response
 */
export async function lateBodies(app: FastifyInstance) {
  let arrived = 0
  app.server.on('request', () => arrived++)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  return async (
    { method, path, headers, body: content, early = 0 }: Late,
    meanwhile: () => Promise<unknown>,
  ): Promise<string> => {
    const before = arrived
    const body = Buffer.from(content)
    const socket = connect(port, '127.0.0.1')
    const all = { host: 'localhost', connection: 'close', ...headers, 'content-length': String(body.length) }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
    socket.write([`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
    socket.write(body.subarray(0, early))
    await until(() => arrived > before)
    await meanwhile()
    socket.write(body.subarray(early))
    const [response] = await Promise.all([text(socket), once(socket, 'close')])
    return response
  }
}
