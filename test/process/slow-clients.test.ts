import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { environment } from '../support/app.ts'
import { request, type Service, startService } from '../support/process/service.ts'

const PATIENCE = 1
const service = await startService(t, { ...(await environment(t)), REQUEST_TIMEOUT_SECONDS: String(PATIENCE) })

const starts = [
  ['a head that never ends', 'GET /films/v1/4 HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['a request line that never ends', 'GET /films'],
  ['a body that never comes', `POST /users/v1/login HTTP/1.1\r\n${jsonOf(100)}`],
  ['a body that stops midway', `POST /users/v1/login HTTP/1.1\r\n${jsonOf(100)}{"email":"a@b.example",`],
] as const

for (const [name, start] of starts) {
  t.test(`slow client: ${name} is answered 408 in time`, async t => {
    const startedAt = performance.now()
    const answer = await everythingFrom(await open(service, start))
    const took = Math.round(performance.now() - startedAt)
    t.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/)
    t.match(answer, /\r\nconnection: close\r\n/i)
    t.match(answer, /\{"status":"error","statusCode":408,"error":"Request Timeout","message":"request-timeout"\}$/)
    t.ok(took >= 900 && took < (PATIENCE + 2) * 1000, `after ${took} ms`)
  })
}

t.test('slow client: sending one byte at a time does not extend the timeout', async t => {
  const socket = await open(service, `POST /users/v1/login HTTP/1.1\r\n${jsonOf(1000)}`)
  const drip = setInterval(() => socket.write(' '), 50)
  const startedAt = performance.now()
  const answer = await everythingFrom(socket)
  clearInterval(drip)
  t.match(answer, /^HTTP\/1\.1 408 /)
  t.ok(performance.now() - startedAt < (PATIENCE + 2) * 1000)
})

t.test('five hundred slow clients cost bounded memory, and others are served', async t => {
  const before = await memory(service)
  const sockets = await Promise.all(
    Array.from({ length: 500 }, () => open(service, `POST /users/v1/login HTTP/1.1\r\n${jsonOf(60_000)}`)),
  )
  for (const socket of sockets) socket.write(' '.repeat(50_000))
  t.equal((await request(service, 'GET', '/films/v1/4')).status, 200)
  const grown = (await memory(service)) - before
  t.comment(`500 half-sent bodies of 50 kB: ${Math.round(grown / 2 ** 20)} MiB`)
  t.ok(grown < 200 * 2 ** 20)
  await Promise.all(sockets.map(everythingFrom))
})

t.test('a slow reader that asks again and again is disconnected, and does not grow the memory', async t => {
  const socket = await open(service, '')
  socket.pause()
  const before = await memory(service)
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.write('GET /films/v1/4 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100_000))
  socket.resume()
  await closed
  t.equal((await request(service, 'GET', '/films/v1/4')).status, 200, 'others are served')
  const grown = (await memory(service)) - before
  t.comment(`100,000 requests: ${Math.round(grown / 2 ** 20)} MiB`)
  t.ok(grown < 60 * 2 ** 20)
})

function jsonOf(length: number): string {
  return `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
}

async function open({ port }: Service, start: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(start)
  return socket
}

/** What it says until it hangs up. */
async function everythingFrom(socket: Socket): Promise<string> {
  let said = ''
  socket.on('data', chunk => {
    said += chunk
  })
  await once(socket, 'close')
  return said
}

async function memory(of: Service): Promise<number> {
  const { body } = await request(of, 'GET', '/metrics')
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(body)?.[1])
}
