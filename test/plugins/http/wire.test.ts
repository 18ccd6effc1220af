/** What only a real socket shows: requests that are no HTTP, too long, too slow, or never read. */
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, listen } from '../../support/app.ts'
import { expectSecurityHeaders } from '../../support/error-response.ts'

const app = await build(t, { REQUEST_TIMEOUT_SECONDS: '1' })
const port = Number(new URL(await listen(app)).port)

function open(t: { teardown(cleanUp: () => unknown): void }): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  return socket
}

/** Parses the one answer that a connection ended with. */
async function answerOn(socket: Socket) {
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map(line => {
      const [name = '', value = ''] = line.split(': ')
      return [name.toLowerCase(), value]
    }),
  )
  return { statusCode: Number(statusLine.split(' ')[1]), headers, body }
}

const CLOSE = 'Host: holocron.test\r\nConnection: close\r\n'

const broken: [name: string, request: string, status: number, code: string][] = [
  ['headers over 16 KiB', `GET / HTTP/1.1\r\n${CLOSE}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['5,000 headers', `GET / HTTP/1.1\r\n${CLOSE}${'A: b\r\n'.repeat(5000)}\r\n`, 431, 'headers-too-large'],
  ['a URL over 16 KiB', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\n${CLOSE}\r\n`, 431, 'headers-too-large'],
  [
    'a token of 30 KB',
    `GET /films/v1/ HTTP/1.1\r\n${CLOSE}Authorization: Bearer ${'x'.repeat(30_000)}\r\n\r\n`,
    431,
    'headers-too-large',
  ],
  ['a long URL', `GET /${'x'.repeat(15_000)} HTTP/1.1\r\n${CLOSE}\r\n`, 404, 'not-found'],
  ['bytes that are no HTTP', 'hello\r\n\r\n', 400, 'request-invalid'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'request-invalid'],
  ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'request-invalid'],
  ['an unknown method', `FETCH / HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'request-invalid'],
  ['bytes beyond ASCII in the path', `GET /é HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'request-invalid'],
  ['a bad percent-encoding', `GET /films/v1/%zz HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'request-invalid'],
  ['NUL in a header', `GET / HTTP/1.1\r\n${CLOSE}X: a\0b\r\n\r\n`, 400, 'request-invalid'],
  ['a bare line feed in a header', `GET / HTTP/1.1\r\n${CLOSE}X: a\nY: b\r\n\r\n`, 400, 'request-invalid'],
  [
    'two body lengths (request smuggling)',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`,
    400,
    'request-invalid',
  ],
  [
    'a length and chunks (request smuggling)',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'request-invalid',
  ],
  [
    'an unknown transfer coding (request smuggling)',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    400,
    'request-invalid',
  ],
  [
    'a body announced over the limit',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{`,
    413,
    'body-too-large',
  ],
  [
    'chunks over the limit',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n${'x'.repeat(65_537)}\r\n`,
    413,
    'body-too-large',
  ],
  [
    'two Authorization headers',
    `GET /films/v1/ HTTP/1.1\r\n${CLOSE}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n`,
    401,
    'token-invalid',
  ],
  ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'request-invalid'],
  ['two Hosts', `GET / HTTP/1.1\r\n${CLOSE}Host: evil.example\r\n\r\n`, 400, 'request-invalid'],
  ['two equal Hosts', `GET / HTTP/1.1\r\n${CLOSE}Host: holocron.test\r\n\r\n`, 400, 'request-invalid'],
  ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400, 'request-invalid'],
  ['a folded header', `GET / HTTP/1.1\r\n${CLOSE}X: a\r\n b\r\n\r\n`, 400, 'request-invalid'],
  ['an unknown expectation', `GET / HTTP/1.1\r\n${CLOSE}Expect: tea\r\n\r\n`, 417, 'expectation-failed'],
  [
    'a compressed body',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
    415,
    'media-type-unsupported',
  ],
  ['half a head', 'GET / HTTP/1.1\r\nHost: holo', 408, 'request-timeout'],
  [
    'half a body',
    `POST /users/v1/login HTTP/1.1\r\n${CLOSE}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email":`,
    408,
    'request-timeout',
  ],
]

for (const [name, request, status, code] of broken)
  t.test(`${name}: ${status} ${code}, and the connection ends`, async t => {
    const socket = open(t)
    socket.write(request, 'latin1')
    const { statusCode, headers, body } = await answerOn(socket)
    t.equal(statusCode, status)
    t.match(JSON.parse(body), { status: 'error', statusCode: status, message: code })
    t.equal(headers['content-type'], 'application/json; charset=utf-8')
    t.equal(headers['cache-control'], 'no-store')
    expectSecurityHeaders(t, headers)
  })

t.test('what HTTP allows is served: HTTP/1.0 without Host, an empty one, IPv6, Expect: 100-continue', async t => {
  const heads = ['HTTP/1.0\r\n', ...['', '[::1]:3000', 'a_b.example.:80', 'xn--bcher-kva.example'].map(hostLine)]
  function hostLine(host: string) {
    return `HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`
  }
  for (const head of heads) {
    const socket = open(t)
    socket.write(`GET /health/live ${head}\r\n`)
    t.equal((await answerOn(socket)).statusCode, 200, JSON.stringify(head))
  }
  const socket = open(t)
  socket.write(`POST /users/v1/login HTTP/1.1\r\n${CLOSE}Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n{}`)
  t.match(await text(socket), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 415 /)
})

t.test('a client that sends a byte now and then (slow loris) is cut off all the same', async t => {
  const socket = open(t)
  socket.write('GET / HTTP/1.1\r\n')
  const drip = setInterval(() => socket.write('X: y\r\n'), 100)
  t.teardown(() => clearInterval(drip))
  const { statusCode } = await answerOn(socket)
  t.equal(statusCode, 408)
})

t.test('KEEP_ALIVE_SECONDS is what clients are told, so that they close first', async t => {
  const patient = await build(t, { KEEP_ALIVE_SECONDS: '620' })
  const { headers } = await fetch(`${await listen(patient)}/health/live`)
  t.equal(headers.get('keep-alive'), 'timeout=620')
  t.equal(patient.server.keepAliveTimeout, 620_000)
})
