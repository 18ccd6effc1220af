/** What readers of the live feed get, whatever the database does meanwhile. */
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { noteChange } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { createHandOut } from '../../../../plugins/operations/live-feed/hand-out.ts'
import { HEARTBEAT_MS } from '../../../../plugins/operations/live-feed/stream.ts'
import { build } from '../../../support/app.ts'
import { until } from '../../../support/until.ts'

const app = await build(t)
const USER = 9_000_000_001

/** A database that is away at times, and takes its time. */
const database = { isAway: false, delay: 0 }

async function slowed<Result>(work: () => Promise<Result>): Promise<Result> {
  if (database.delay > 0) await pause(Math.random() * database.delay)
  if (database.isAway) throw new Error('gone away')
  const result = await work()
  if (database.delay > 0) await pause(Math.random() * database.delay)
  return result
}

const { changeEvents, log } = app
const handOut = createHandOut({
  log,
  changeEvents: {
    ...changeEvents,
    head: () => slowed(changeEvents.head),
    isKept: position => slowed(() => changeEvents.isKept(position)),
    after: (...page) => slowed(() => changeEvents.after(...page)),
  },
} as typeof app)
t.teardown(() => handOut.close())

function follow(t: Test, lastEventId?: string, userId: number | undefined = USER) {
  const reader = { text: '', isClosed: false }
  const stream = handOut.open(userId, { lastEventId, mayRead: () => true }, () => {
    reader.isClosed = true
  })
  stream.readable.setEncoding('utf8').on('data', (data: string) => {
    reader.text += data
  })
  t.teardown(() => stream.readable.destroy())
  return Object.assign(reader, {
    stream,
    ids: () => [...reader.text.matchAll(/"action":"delete".*?"id":"(\d+)"/g)].map(([, id]) => Number(id)),
    begun: () => until(() => /^event: begin/m.test(reader.text)),
  })
}

type Test = Parameters<typeof build>[0]

let written = 0
const write = () =>
  transaction(app.db, async tx => {
    const id = `${++written}`
    noteChange(tx, 'contact', 'deleted', { user_id: USER, id })
    noteChange(tx, 'contact', 'deleted', { user_id: USER + 1, id: '0' })
  })

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

t.test('a reader that comes while others are handed events misses none, and gets none twice', async t => {
  database.delay = 12
  const start = await changeEvents.head()
  const first = written + 1
  const readers: ReturnType<typeof follow>[] = []
  for (let n = 0; n < 60; n++) {
    await write()
    readers.push(follow(t, `${start}`))
    if (n % 3 === 0) await pause(Math.random() * 10)
  }
  for (const reader of readers) await until(() => reader.ids().length >= 60)
  await pause(50)
  for (const reader of readers) t.same(reader.ids(), range(first, written))
  database.delay = 0
})

t.test('a database that is away ends no stream, and hides nothing', async t => {
  const known = follow(t)
  await known.begun()
  const first = written + 1
  await write()
  await until(() => known.ids().length === 1)
  database.isAway = true
  const lastEventId = `${await changeEvents.head()}`
  const fresh = follow(t, lastEventId)
  await write()
  await changeEvents.head()
  await pause(20)
  t.same(known.ids(), [first])
  t.equal(fresh.text, 'retry: 2000\n\n', 'it has begun')
  database.isAway = false
  handOut.check(performance.now())
  await until(() => known.ids().length === 2 && fresh.ids().length === 1)
  t.same(known.ids(), range(first, written))
  t.same(fresh.ids(), [written])
  t.notOk(known.isClosed || fresh.isClosed)
})

t.test('a reader that pauses gets what it missed, in order, from the database', async t => {
  const reader = follow(t)
  await reader.begun()
  const first = written + 1
  reader.stream.readable.pause()
  for (let n = 0; n < 200; n++) await write()
  await changeEvents.head()
  t.ok(reader.stream.readable.readableLength < 40_000)
  reader.stream.readable.resume()
  for (let n = 0; n < 5; n++) await write()
  await until(() => reader.ids().length >= 205)
  t.same(reader.ids(), range(first, written))
})

t.test('a stream without events has a heartbeat', async t => {
  const reader = follow(t)
  await reader.begun()
  const { text } = reader
  reader.stream.check(performance.now() + HEARTBEAT_MS / 2)
  await pause(5)
  t.equal(reader.text, text)
  reader.stream.check(performance.now() + HEARTBEAT_MS)
  await until(() => /^: \nid: \d+\n\n$/.test(reader.text.slice(text.length)))
})

t.test('where nobody reads any more, nobody listens, and whoever comes then gets what is new', async t => {
  const reader = follow(t)
  await reader.begun()
  handOut.check(performance.now())
  t.type(handOut.position(), 'number')
  reader.stream.readable.destroy()
  await until(() => reader.isClosed)
  handOut.check(performance.now() + 30_000)
  t.type(handOut.position(), 'number', 'readers come back')
  handOut.check(performance.now() + 61_000)
  t.equal(handOut.position(), undefined)
  await write()
  const late = follow(t)
  await late.begun()
  await write()
  await until(() => late.ids().length === 1)
})

t.test('a reader that may read no longer gets nothing more, and one that takes nothing is closed', async t => {
  const may = { read: true }
  let closed = 0
  const options = { mayRead: () => may.read }
  const streams = [1, 2].map(() => handOut.open(USER, options, () => closed++))
  let text = ''
  streams[0]?.readable.on('data', data => {
    text += data
  })
  streams[1]?.readable.on('error', () => {}).read(0)
  await until(() => text.includes('event: begin'))
  await pause(20)
  for (let n = 0; n < 60; n++) await write()
  await changeEvents.head()
  await until(() => text.includes(`"id":"${written}"`))
  const before = text
  may.read = false
  await write()
  await changeEvents.head()
  handOut.check(performance.now())
  await until(() => closed === 2)
  t.equal(text, before)
})
