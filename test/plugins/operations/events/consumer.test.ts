// A consumer, such as a broker: all events in order and at least once, by one instance at a time.
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { readHead } from '#sql/change-positions.ts'
import { noteChange } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { build, environment } from '../../../support/app.ts'
import { until } from '../../../support/until.ts'

type Entries = Parameters<Parameters<FastifyInstance['changeEvents']['consume']>[0]['deliver']>[0]

const NOBODYS = 9_000_000_001

const change = (app: FastifyInstance, id: string) =>
  transaction(app.db, async tx => noteChange(tx, 'contact', 'deleted', { user_id: NOBODYS, id }))

const idsIn = (entries: Entries) => entries.map(({ event }) => String(event.data.id))

/** Until the consumer has begun, events are none of its. */
const begun = ({ db }: FastifyInstance) =>
  until(() => db.selectFrom('event_cursors').select('name').where('name', '=', 'test').executeTakeFirst())

async function instances(t: Test) {
  const env = await environment(t)
  return [await build(t, env), await build(t, env)] as const
}

t.test('it gets what happens from its first start on, in order, by one instance', async t => {
  const [here, there] = await instances(t)
  await change(here, 'before')
  const got: string[] = []
  const by = new Set<FastifyInstance>()
  for (const app of [here, there])
    app.changeEvents.consume({
      name: 'test',
      batchSize: 2,
      async deliver(entries) {
        by.add(app)
        got.push(...idsIn(entries))
      },
    })
  await begun(here)
  for (const id of ['a', 'b', 'c', 'd', 'e']) await change(there, id)
  await until(() => got.length >= 5)
  t.same(got, ['a', 'b', 'c', 'd', 'e'])
  t.equal(by.size, 1)
  await until(async () => (await here.changeEvents.countUnread('test')) === 0)
})

t.test('the next instance goes on where one stopped', async t => {
  const [here, there] = await instances(t)
  const first: string[] = []
  const stop = here.changeEvents.consume({ name: 'test', deliver: async entries => void first.push(...idsIn(entries)) })
  await begun(here)
  await change(here, 'a')
  await until(() => first.length > 0)
  await stop()
  await change(here, 'b')
  t.equal(await here.changeEvents.countUnread('test'), 1)
  t.ok((await here.changeEvents.delay('test')) >= 0)
  const second: string[] = []
  there.changeEvents.consume({ name: 'test', deliver: async entries => void second.push(...idsIn(entries)) })
  await until(() => second.length > 0)
  t.same([first, second], [['a'], ['b']])
})

t.test('an instance that cannot deliver leaves it to one that can', async t => {
  const [here, there] = await instances(t)
  let isAble = true
  const first: string[] = []
  const second: string[] = []
  const hang = (signal: AbortSignal) => once(signal, 'abort').then(() => signal.throwIfAborted())
  here.changeEvents.consume({
    name: 'test',
    deliver: (entries, signal) => (isAble ? Promise.resolve(void first.push(...idsIn(entries))) : hang(signal)),
    isAble: () => isAble,
  })
  await begun(here)
  await change(here, 'a')
  await until(() => first.length > 0)
  there.changeEvents.consume({ name: 'test', deliver: async entries => void second.push(...idsIn(entries)) })
  isAble = false
  await change(here, 'b')
  await until(() => second.length > 0, 30_000)
  t.same([first, second], [['a'], ['b']])
})

t.test('an instance that has lost its lease stops delivering, and the event is delivered once more', async t => {
  const [here, there] = await instances(t)
  const abandoned: AbortSignal[] = []
  const got: string[] = []
  const deliver = async (entries: Entries) => void got.push(...idsIn(entries))
  here.changeEvents.consume({
    name: 'test',
    async deliver(entries, signal) {
      if (abandoned.length > 0) return deliver(entries)
      abandoned.push(signal)
      await once(signal, 'abort')
      signal.throwIfAborted()
    },
  })
  await begun(here)
  await change(here, 'a')
  await until(() => abandoned.length > 0)
  there.changeEvents.consume({ name: 'test', deliver })
  // As if it had been frozen, and another one had taken over.
  const leased_until = Date.now() + 1000
  await here.db.updateTable('leases').set({ leased_until }).where('name', '=', 'events.test').execute()
  await until(() => got.length > 0, 30_000)
  t.ok(abandoned[0]?.aborted)
  t.same(got, ['a'])
})

t.test('events that cannot be read are read again, more and more rarely', async t => {
  const lines: string[] = []
  const app = await build(t, { LOG_LEVEL: 'warn' }, { write: line => void lines.push(line) })
  const got: string[] = []
  app.changeEvents.consume({ name: 'test', deliver: async entries => void got.push(...idsIn(entries)) })
  await begun(app)
  await change(app, 'a')
  await until(() => got.length > 0)
  await app.db.updateTable('change_events').set({ position: null, data: '{' }).execute()
  const failures = () => lines.filter(line => line.includes('change events not read')).length
  await until(() => failures() > 0)
  for (let statements = 0; statements < 200; statements++) await readHead(app.db)
  t.equal(failures(), 1, 'it is said once')
  await app.db.updateTable('change_events').set({ data: '{}' }).execute()
  await until(() => got.length > 1)
})

t.test('what could not be delivered comes again, with the same id, before what is later', async t => {
  const [here] = await instances(t)
  const got: { id: string; event: string }[] = []
  here.changeEvents.consume({
    name: 'test',
    async deliver(entries) {
      got.push(...entries.map(({ event }) => ({ id: event.id, event: String(event.data.id) })))
      if (got.length < 3) throw new Error('away')
    },
  })
  await begun(here)
  await change(here, 'a')
  await until(() => got.length >= 3)
  await change(here, 'b')
  await until(() => got.length >= 4)
  t.same(
    got.map(({ event }) => event),
    ['a', 'a', 'a', 'b'],
  )
  t.equal(new Set(got.map(({ id }) => id)).size, 2)
})

t.test('it stops with the application, whatever it is doing', async t => {
  const [here] = await instances(t)
  const started = Promise.withResolvers<void>()
  here.changeEvents.consume({
    name: 'test',
    async deliver(_entries, signal) {
      started.resolve()
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  await begun(here)
  await change(here, 'a')
  await started.promise
  await here.close()
  t.pass('closed')
})
