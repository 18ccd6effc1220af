// What readers follow: nothing that was committed is skipped, nothing that was rolled back is seen, and what happened to one thing comes in order.
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { addChangeEvents } from '#sql/change-events.ts'
import { readHead, stampChangeEvents } from '#sql/change-positions.ts'
import { noteChange } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { lockUnrevoked, revokeSessions } from '#sql/live-sessions.ts'
import { revokeSession } from '#sql/sessions.ts'
import { build, environment, logIn, REAL } from '../../../support/app.ts'
import { changeEvents } from '../../../support/change-events.ts'
import { until } from '../../../support/until.ts'

const env = await environment(t)
const here = await build(t, env)
const there = await build(t, env)

/** Of nobody: no user has such an id. */
const SOMEBODY = 9_000_000_001

const touch = (app: FastifyInstance, id: string, before: () => Promise<unknown> = async () => {}) =>
  transaction(app.db, async tx => {
    noteChange(tx, 'contact', 'updated', { user_id: SOMEBODY, id, changed: ['notes'] })
    await before()
  })

t.test('a transaction that is rolled back leaves no event', async t => {
  const before = await here.changeEvents.head()
  await t.rejects(
    touch(here, 'x', async () => {
      throw new Error('no')
    }),
  )
  t.same(await changeEvents(here, undefined, before), [])
})

t.test('updates of one thing in one transaction are one event', async t => {
  const before = await here.changeEvents.head()
  await transaction(here.db, async tx => {
    const id = 'one'
    noteChange(tx, 'contact', 'created', { user_id: SOMEBODY, id })
    noteChange(tx, 'contact', 'updated', { user_id: SOMEBODY, id, changed: ['notes'] })
    noteChange(tx, 'contact', 'updated', { user_id: SOMEBODY, id: 'two', changed: ['notes'] })
    noteChange(tx, 'contact', 'updated', { user_id: SOMEBODY, id: 'two', changed: ['email', 'notes'] })
  })
  const events = await changeEvents(here, undefined, before)
  t.same(
    events.map(({ type, data }) => [type, data.id, data.changed]),
    [
      ['contact.created', 'one', undefined],
      ['contact.updated', 'two', ['notes', 'email']],
    ],
  )
})

t.test(
  'a reader that polls meanwhile misses nothing of transactions that commit in another order than they insert',
  async t => {
    const { user_id } = await logIn(here)
    const start = await here.changeEvents.head()
    const seen: { id: string; n: number }[] = []
    let isOver = false
    const reader = (async () => {
      for (let position = start; ; ) {
        const wasOver = isOver
        await here.changeEvents.head()
        const page = await here.changeEvents.after(position, 7)
        for (const { event } of page) seen.push({ id: String(event.data.id), n: Number(event.data.n) })
        position = page.at(-1)?.position ?? position
        if (page.length === 0 && wasOver) return
        await pause(1)
      }
    })()

    /** Changes one thing again and again; its events are written a while before their commit. */
    async function changeOften(app: FastifyInstance, id: string): Promise<void> {
      for (let n = 0; n < 12; n++)
        await app.db.transaction().execute(async tx => {
          await addChangeEvents(tx, [{ type: 'contact.deleted', user_id, id, actor_id: null, data: { n } }])
          if (REAL) await pause(Math.random() * 8)
        })
    }
    await Promise.all(['a', 'b', 'c', 'd'].map((id, i) => changeOften(i % 2 ? here : there, id)))
    isOver = true
    await reader

    t.equal(seen.length, 48)
    for (const id of ['a', 'b', 'c', 'd'])
      t.same(
        seen.filter(event => event.id === id).map(({ n }) => n),
        Array.from({ length: 12 }, (_, n) => n),
      )
  },
)

const skip = REAL ? false : 'SQLite has one transaction at a time'

t.test('an event whose transaction commits late comes after those that were read before', { skip }, async t => {
  const before = await here.changeEvents.head()
  const inserted = Promise.withResolvers<void>()
  const commit = Promise.withResolvers<void>()
  const late = here.db.transaction().execute(async tx => {
    await tx
      .insertInto('change_events')
      .values({
        id: '01900000-0000-7000-8000-000000000001',
        type: 'contact.deleted',
        user_id: SOMEBODY,
        resource_id: 'late',
        actor_id: null,
        data: '{}',
        created_at: Date.now(),
      })
      .execute()
    inserted.resolve()
    await commit.promise
  })
  await inserted.promise
  await touch(there, 'early')
  const first = await there.changeEvents.head()
  t.same(
    (await changeEvents(there, undefined, before)).map(({ data }) => data.id),
    ['early'],
  )
  commit.resolve()
  await late
  t.same(
    (await changeEvents(there, undefined, first)).map(({ data }) => data.id),
    ['late'],
  )
})

t.test('of processes that stamp at the same time, each event gets one position', async t => {
  const before = await here.changeEvents.head()
  for (let i = 0; i < 20; i++) await touch(here, `${i}`)
  await Promise.all([here, there, here, there].map(({ db }) => stampChangeEvents(db, 6)))
  const page = await here.changeEvents.after(before, 100)
  while ((await readHead(here.db)).isBehind) await stampChangeEvents(there.db, 6)
  const all = await there.changeEvents.after(before, 100)
  t.same(all.slice(0, page.length), page, 'positions do not change')
  t.same(
    all.map(({ event }) => event.data.id),
    Array.from({ length: 20 }, (_, i) => `${i}`),
  )
  t.equal(new Set(all.map(({ position }) => position)).size, 20)
})

t.test('a listener in another process learns of an event soon', async () => {
  const before = await there.changeEvents.head()
  let heard = 0
  const stop = there.changeEvents.onNew(position => {
    heard = position
  })
  await touch(here, 'heard')
  await until(() => heard > before)
  stop()
})

t.test('a position is known to be complete, or not', async t => {
  await touch(here, 'deleted with its user')
  await touch(here, 'expired')
  await touch(here, 'kept')
  const head = await here.changeEvents.head()
  const [gone, expired] = (await here.changeEvents.after(0, 1000)).slice(-3)
  await here.db
    .deleteFrom('change_events')
    .where('position', '=', gone?.position ?? 0)
    .execute()
  t.ok(await here.changeEvents.isKept(head))
  t.ok(await here.changeEvents.isKept(0), 'from the very first on')
  t.notOk(await here.changeEvents.isKept(head + 1), 'never given')
  await here.db
    .updateTable('change_events')
    .set({ created_at: 0 })
    .where('position', '=', expired?.position ?? 0)
    .execute()
  await here.cleanUp.run()
  t.ok(await here.changeEvents.isKept(expired?.position ?? 0), 'whoever has seen it has missed nothing')
  t.notOk(await here.changeEvents.isKept(gone?.position ?? 0))
})

t.test('the clean-up deletes old events, and positions go on from where they were', async t => {
  await here.changeEvents.head()
  const { position } = await readHead(here.db)
  await here.db.updateTable('change_events').set({ created_at: 0 }).execute()
  await until(async () => {
    await here.cleanUp.run()
    return (await here.changeEvents.after(0, 1)).length === 0
  })
  t.ok(await here.changeEvents.isKept(position))
  await touch(there, 'new')
  t.ok((await there.changeEvents.head()) > position)
})

t.test('a session that ends by itself while all are ended has one event', { skip }, async t => {
  const { user_id } = await logIn(here)
  const { id } = await here.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  const before = await here.changeEvents.head()
  const ended = Promise.withResolvers<void>()
  const logout = transaction(here.db, async tx => {
    await revokeSession(tx, id, user_id)
    ended.resolve()
    await pause(100)
  })
  await ended.promise
  await transaction(there.db, async tx => {
    const sessions = await lockUnrevoked(tx, { user_id })
    await revokeSessions(
      tx,
      user_id,
      sessions.map(session => session.id),
    )
  })
  await logout
  t.same(
    (await changeEvents(here, user_id, before)).map(({ type }) => type),
    ['session.deleted'],
  )
})
