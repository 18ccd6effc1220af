/** A server that keeps what it is sent, as an error tracker or a collector of traces does, and misbehaves on demand. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { Test } from './app.ts'

export interface Received {
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Collector {
  port: number
  received: Received[]
  /** Everything it was sent, as text. */
  everything(): string
  /** How it responds from now on: a status, or not at all. */
  answer: number | 'never'
  headers: Record<string, string>
  close(): void
}

export async function collector(t: Test): Promise<Collector> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { url = '', headers } = request
    const bytes = await buffer(request).catch(() => Buffer.alloc(0))
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    received.push({ url, headers, body: body.toString() })
    if (self.answer !== 'never') response.writeHead(self.answer, self.headers).end('{}')
  })
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  t.teardown(close)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const self: Collector = {
    port: (server.address() as AddressInfo).port,
    received,
    everything: () => JSON.stringify(received),
    answer: 200,
    headers: {},
    close,
  }
  return self
}
