/** The live feed: what readers cost is bounded. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import t from 'tap'
import { noteChange } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { call, logIn } from '../../../support/app.ts'
import { openLiveFeed, parse } from '../../../support/event-stream.ts'
import { serve } from '../../../support/oauth.ts'
import { until } from '../../../support/until.ts'

const { app, issuer } = await serve(t, { LIVE_FEED_CONNECTIONS_PER_USER_MAX: '3', LIVE_FEED_CONNECTIONS_MAX: '5' })

async function metric(name: string): Promise<number> {
  const { body } = await call(app, 'GET', '/metrics')
  return Number(new RegExp(`^holocron_live_feed_${name} (\\d+)`, 'm').exec(body)?.[1])
}

const noneIsOpen = () => until(async () => (await metric('connections')) === 0)

const openSome = (t: Test, token: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => openLiveFeed(t, issuer, { token })))

type Test = Parameters<typeof openLiveFeed>[0]

t.test('a user has so many at a time, an instance too, and those who left make room', async t => {
  const [leia, han] = [await logIn(app), await logIn(app)]
  const hers = await openSome(t, leia.token, 3)
  t.same(
    hers.map(({ status }) => status),
    [200, 200, 200],
  )
  const fourth = await openLiveFeed(t, issuer, { token: leia.token })
  t.equal(fourth.status, 429)
  t.match(await fourth.response.json(), { message: 'too-many-streams' })
  t.ok(Number(fourth.headers.get('retry-after')) > 0)
  const his = await openSome(t, han.token, 3)
  t.same(his.map(({ status }) => status).toSorted(), [200, 200, 429], 'the instance is full')
  t.equal(await metric('connections'), 5)
  t.equal(await metric('refused_total'), 2)
  for (const stream of hers) stream.close()
  await until(async () => (await metric('connections')) === 2)
  t.equal((await openLiveFeed(t, issuer, { token: leia.token })).status, 200)
  for (const stream of his) stream.close()
})

t.test('clients that hang up leave nothing behind, however early', async t => {
  await noneIsOpen()
  const { token } = await logIn(app)
  const { hostname, port } = new URL(issuer)
  for (let i = 0; i < 30; i++) {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(`GET /events/v1/stream HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`)
    if (i % 3 === 1) await new Promise(resolve => setImmediate(resolve))
    if (i % 3 === 2) await once(socket, 'data')
    if (i % 2) socket.destroy()
    else socket.resetAndDestroy()
    await noneIsOpen()
  }
  t.equal((await openLiveFeed(t, issuer, { token })).status, 200)
})

const COUNT = 10_000

/** So that all together are more than the kernel's buffers. */
const LONG = 'x'.repeat(700)

async function write(user_id: number): Promise<void> {
  for (let n = 0; n < COUNT; n += 500)
    await transaction(app.db, async tx => {
      for (let i = n; i < n + 500; i++) noteChange(tx, 'contact', 'updated', { user_id, id: `${i}`, changed: [LONG] })
    })
  await app.changeEvents.head()
}

t.test('threat: a reader that takes nothing makes the service keep its events in memory', async t => {
  const { token, user_id } = await logIn(app)
  const { open } = app.liveFeed
  let stream: Readable | undefined
  app.liveFeed.open = options => {
    stream = open(options)
    return stream
  }
  t.teardown(() => Object.assign(app.liveFeed, { open }))
  const accepted = once(app.server, 'connection')
  const { hostname, port } = new URL(issuer)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  socket.write(`GET /events/v1/stream HTTP/1.0\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`)
  const [peer] = (await accepted) as [Socket]
  await until(() => stream && peer.bytesWritten > 0)
  app.liveFeed.open = open

  await write(user_id)
  const head = await app.changeEvents.head()
  const other = await openLiveFeed(t, issuer, { token, lastEventId: `${head - 1}` })
  await other.count(1)
  // The kernel takes no more.
  await until(() => peer.writableLength > 0, 20_000)
  const waiting = (stream?.readableLength ?? 0) + peer.writableLength
  t.ok(waiting < 200_000, `${waiting} bytes`)

  let rest = ''
  const seen: string[] = []
  socket.setEncoding('utf8').on('data', data => {
    const blocks = (rest + data).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) if (/^event: contact/m.test(block)) seen.push(JSON.parse(parse(block).data).data.id)
  })
  await until(() => seen.length >= COUNT, 20_000)
  t.same(
    seen,
    Array.from({ length: COUNT }, (_, n) => `${n}`),
  )
})

t.test('threat: a reader goes through a long history again and again, and others have to wait', async t => {
  const { token, user_id } = await logIn(app)
  const lastEventId = String(await app.changeEvents.head())
  await write(user_id)
  const { changeEvents } = app
  const { after } = changeEvents
  let pages = 0
  let most = 0
  let turn = setImmediate(function count() {
    pages = 0
    turn = setImmediate(count)
  })
  changeEvents.after = (...page) => {
    most = Math.max(most, ++pages)
    return after(...page)
  }
  t.teardown(() => {
    clearImmediate(turn)
    changeEvents.after = after
  })
  const stream = await openLiveFeed(t, issuer, { token, lastEventId, query: '?channels=person' })
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia' } })
  await stream.count(1)
  t.ok(most < 10, `${most} pages in a turn of the event loop`)
})
