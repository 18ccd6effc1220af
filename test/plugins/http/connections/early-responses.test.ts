/** Responses that are sent while the body of their request is still on the wire: they must reach the client, and the rest of the body costs little. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, listen } from '../../../support/app.ts'

const app = await build(t, { AUTH_RATE_LIMIT_MAX: '1000' })
const limited = await build(t, { RATE_LIMIT_MAX: '1' })
const url = (await listen(app)).replace(/\/$/, '')
const limitedUrl = (await listen(limited)).replace(/\/$/, '')
await fetch(`${limitedUrl}/nothing`)

const FIVE_MB = 5_000_000
const body = Buffer.alloc(FIVE_MB, ' ')
const json = { 'content-type': 'application/json' }
const csv = { 'content-type': 'text/csv' }

/** How each status comes about. */
const early: [status: number, method: string, url: string, headers: Record<string, string>][] = [
  [413, 'POST', `${url}/users/v1/login`, json],
  [415, 'POST', `${url}/users/v1/login`, csv],
  [401, 'POST', `${url}/users/v1/logout`, json],
  [404, 'POST', `${url}/nothing`, csv],
  [405, 'PUT', `${url}/users/v1/login`, csv],
  [429, 'POST', `${limitedUrl}/nothing`, csv],
]

async function* chunks() {
  for (let i = 0; i < FIVE_MB; i += 50_000) yield body.subarray(i, i + 50_000)
}

for (const [status, method, target, headers] of early) {
  t.test(`${status}: twenty clients that send 5 MB all get the response`, async t => {
    for (let i = 0; i < 20; i++) {
      // Every other one in chunks, without a declared length.
      const sent = i % 2 ? { body } : { body: ReadableStream.from(chunks()), duplex: 'half' as const }
      const response = await fetch(target, { method, headers, ...sent })
      t.equal(response.status, status)
      await response.text()
    }
  })

  t.test(`${status}: and so does one that asked for the connection to be closed`, async t => {
    for (let i = 0; i < 5; i++) {
      const sent = request(target, { method, headers: { ...headers, connection: 'close' } })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      t.equal(response.statusCode, status)
      await text(response)
    }
  })
}

t.test('503: clients that send 5 MB to a service that sheds load get the response', async t => {
  const { isFull } = app.passwords
  app.passwords.isFull = () => true
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${url}/users/v1/login`, { method: 'POST', headers: json, body })
    t.equal(response.status, 503)
    await response.text()
  }
  app.passwords.isFull = isFull
})

t.test('a body without end is cut off', async t => {
  const accepted = once(app.server, 'connection')
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  const [connection] = (await accepted) as [Socket]
  socket.write('POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n')
  const closed = once(connection, 'close')
  const chunk = Buffer.alloc(100_000)
  while (!connection.destroyed)
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
  t.ok(connection.bytesRead > 8_000_000 && connection.bytesRead < 500_000_000, `after ${connection.bytesRead} bytes`)
})
