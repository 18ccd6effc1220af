// Whatever another service responds, a request to it ends.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { send } from '../../../../plugins/http/outbound/send.ts'

/** @param respond called once a request arrives */
async function ask(t: Test, respond: (socket: Socket) => void): Promise<Response> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket.on('error', () => {}))
    socket.once('data', () => respond(socket))
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return send(new URL(`http://127.0.0.1:${port}/`), { internalHosts: ['127.0.0.1'], timeoutMs: 3000 })
}

for (const status of ['100 Continue', '102 Processing', '103 Early Hints']) {
  const interim = `HTTP/1.1 ${status}\r\n\r\n`

  t.test(`threat: a receiver responds ${status} for ever`, async t => {
    const response = ask(t, socket => {
      const more = () => {
        while (!socket.destroyed && socket.write(interim));
      }
      socket.on('drain', more)
      more()
    })
    await t.rejects(response, { message: 'too many interim responses' })
  })

  t.test(`some ${status} come before the response`, async t => {
    const response = await ask(t, socket => socket.end(`${interim.repeat(10)}HTTP/1.1 204 No Content\r\n\r\n`))
    t.equal(response.status, 204)
  })
}
