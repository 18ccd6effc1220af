/** Clients that send requests ahead (pipelining): served one after the other, and disconnected where they would fill the memory. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { listen } from '../../../support/app.ts'
import { buildWith } from '../../../support/routes.ts'

/** The paths of requests that were handled. */
let handled: string[] = []
let whenHandled = (_request: IncomingMessage) => {}
let running = 0
let most = 0

const app = await buildWith(t, async scope => {
  scope.route({
    method: ['GET', 'POST'],
    url: '/slow/:name',
    config: { access: 'public' },
    async handler(request) {
      handled.push(request.url)
      whenHandled(request.raw)
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      return request.url
    },
  })
})
const port = Number(new URL(await listen(app)).port)

function open(t: Test): Socket {
  handled = []
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  return socket
}

const get = (path: string, header = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${header}\r\n`
const paths = (count: number) => Array.from({ length: count }, (_, i) => `/slow/${i}`)

t.test('pipelined requests are handled one at a time, and answered in order', async t => {
  const socket = open(t)
  const expected = paths(33)
  socket.write(expected.map((path, i) => get(path, i === 32 ? 'Connection: close\r\n' : '')).join(''))
  const answers = await text(socket)
  t.same(answers.match(/\/slow\/\d+/g), expected)
  t.same(handled, expected)
  t.equal(most, 1)
})

t.test('a body is read when its request has its turn', async t => {
  const socket = open(t)
  const body = JSON.stringify('x'.repeat(40_000))
  const head = `POST /slow/body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  socket.write(`${head}\r\n${body}`.repeat(3) + get('/slow/last', 'Connection: close\r\n'))
  t.equal((await text(socket)).match(/HTTP\/1.1 200/g)?.length, 4)
  t.same(handled, ['/slow/body', '/slow/body', '/slow/body', '/slow/last'])
})

const floods = {
  'large documents': get('/openapi.json'),
  'requests without a Host header': 'GET / HTTP/1.1\r\n\r\n',
  'unknown expectations': get('/', 'Expect: a-miracle\r\n'),
  'URLs that cannot be decoded': get('/%zz'),
  'paths that do not exist': get('/nothing'),
  'bodies, so that each is answered before the next is parsed': `${get('/nothing', 'Content-Length: 2\r\n')}{}`,
}

for (const [name, request] of Object.entries(floods)) {
  t.test(`a client that sends 1,400 requests ahead is disconnected, and they are not even parsed: ${name}`, async t => {
    let parsed = 0
    const count = () => void parsed++
    for (const event of ['request', 'checkExpectation']) app.server.on(event, count)
    const socket = open(t)
    const [connection] = (await once(app.server, 'connection')) as [Socket]
    socket.write(request.repeat(1400))
    await once(connection, 'close')
    for (const event of ['request', 'checkExpectation']) app.server.off(event, count)
    // The system may split the write; each request is counted by one of both events.
    t.ok(parsed >= 33 && parsed <= 100, `${parsed} parsed`)
  })
}

t.test('what was sent after a response that closes the connection is not carried out', async t => {
  const socket = open(t)
  socket.write(get('/slow/first', 'Connection: close\r\n') + get('/slow/second') + get('/slow/third'))
  t.same((await text(socket)).match(/HTTP.*|\/slow.*/g), ['HTTP/1.1 200 OK', '/slow/first'])
  t.same(handled, ['/slow/first'])
})

t.test('requests whose client has hung up before their turn are not carried out', async t => {
  const socket = open(t)
  whenHandled = request => process.nextTick(() => request.socket.destroy())
  socket.write(
    paths(20)
      .map(path => get(path))
      .join(''),
  )
  await new Promise(resolve => socket.once('close', resolve))
  await new Promise(setImmediate)
  t.same(handled, ['/slow/0'])
})
