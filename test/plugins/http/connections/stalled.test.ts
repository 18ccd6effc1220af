import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { closeStalled } from '../../../../plugins/http/connections/stalled.ts'

const CHUNK = Buffer.alloc(256 * 1024)
const CHUNKS = 100
/** How long a peer may read nothing (ms): longer than a busy machine lets this process wait. */
const INTERVAL = 500
/** How a chunked answer ends. */
const LAST = Buffer.from('0\r\n\r\n')

/** A server whose answer is larger than what the kernel takes off its hands. */
async function serve(t: Test) {
  const server = createServer(async (_request, response) => {
    for (let i = 0; i < CHUNKS && !response.destroyed; i++) if (!response.write(CHUNK)) await once(response, 'drain')
    response.end()
  })
  const stop = closeStalled(server, INTERVAL)
  t.teardown(() => {
    stop()
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ask = () => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    t.teardown(() => client.destroy())
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    return client
  }
  return { server, ask }
}

t.test('peers that send requests and never read are disconnected', async t => {
  const { server, ask } = await serve(t)
  const connection = once(server, 'connection')
  ask()
  const [socket] = await connection
  await once(socket, 'close')
  t.ok(socket.bytesWritten < CHUNK.length * CHUNKS)
})

t.test('slow readers get everything, and may continue after a pause', async t => {
  const { ask } = await serve(t)
  const client = ask()
  t.ok((await readSlowly(client)) > CHUNK.length * CHUNKS)
  await pause(3 * INTERVAL)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.ok((await readSlowly(client)) > CHUNK.length * CHUNKS)
})

/** Reads one answer with rests, for longer than the server would wait. @returns bytes */
async function readSlowly(client: Socket): Promise<number> {
  let bytes = 0
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (chunk.subarray(-LAST.length).equals(LAST)) break
    if (bytes % 5 === 0) await pause(25)
  }
  return bytes
}
