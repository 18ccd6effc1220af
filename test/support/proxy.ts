import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'
import type { Test } from './app.ts'

/** A proxy to a local server that a test may cut, for one client alone. */
export interface Proxy {
  port: number
  /** Cuts the connections, and refuses new ones. */
  cut(): void
}

/** @param overhear gets what the client sends, before the server does */
export async function proxyTo(t: Test, target: number, overhear: (sent: Buffer) => unknown = () => {}): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from))
    }
    const listening = async (sent: Buffer, _encoding: string, pass: TransformCallback) => {
      await overhear(sent)
      pass(null, sent)
    }
    client
      .pipe(new Transform({ transform: listening }))
      .pipe(upstream)
      .pipe(client)
  })
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(cut)
  return { port: (server.address() as AddressInfo).port, cut }
}
