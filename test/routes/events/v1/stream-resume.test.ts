/** The live feed, read by somebody who comes and goes, at two instances. */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { noteChange } from '#sql/connection/changes.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { administrator, call, logIn, REAL } from '../../../support/app.ts'
import { openLiveFeed } from '../../../support/event-stream.ts'
import { serve, serveAnother } from '../../../support/oauth.ts'
import { until } from '../../../support/until.ts'

const { app, issuer, env } = await serve(t)
const { app: there, url } = await serveAnother(t, env)
const urls = [issuer, url]
const user = await logIn(app)

/** Many events of a user, in as many transactions, and some of others between them. */
async function touch(by: FastifyInstance, user_id: number, name: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await transaction(by.db, async tx => {
      noteChange(tx, 'contact', 'deleted', { user_id, id: `${name}-${n}` })
      noteChange(tx, 'contact', 'deleted', { user_id: user_id + 1_000_000, id: `other-${n}` })
    })
}

const named = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}`)

t.test('what is changed at one instance is seen at the other', async t => {
  const stream = await openLiveFeed(t, url, { token: user.token })
  await stream.begun()
  await call(app, 'PATCH', `/users/v1/${user.user_id}`, { token: user.token, payload: { first_name: 'Leia' } })
  const took = await stream.count(1)
  t.ok(took < (REAL ? 500 : 3000), `${took} ms`)
})

t.test('somebody who comes back gets what was missed, once, at any instance, while more is written', async t => {
  const total = 150
  const seen: string[] = []
  const positions: number[] = []
  let lastEventId = String(await app.changeEvents.head())
  const writing = Promise.all([touch(app, user.user_id, 'a', total), touch(there, user.user_id, 'b', total)])
  for (let round = 0; seen.length < 2 * total; round++) {
    const stream = await openLiveFeed(t, urls[round % 2] ?? issuer, { token: user.token, lastEventId })
    const wanted = Math.min(2 * total - seen.length, 1 + ((round * 7) % 40))
    await until(() => stream.frames.length >= wanted, 10_000)
    stream.close()
    const frames = [...stream.frames]
    for (const { data, id, event } of frames) {
      t.equal(event, 'contact')
      seen.push(JSON.parse(data).data.id)
      positions.push(Number(id))
    }
    lastEventId = frames.at(-1)?.id ?? lastEventId
  }
  await writing
  for (const name of ['a', 'b'])
    t.same(
      seen.filter(id => id.startsWith(name)),
      named(name, total),
    )
  t.same(
    positions,
    positions.toSorted((a, b) => a - b),
  )
  t.equal(new Set(positions).size, positions.length)
})

t.test('readers that begin while much is written miss nothing of what follows', async t => {
  const writing = Promise.all([touch(app, user.user_id, 'c', 100), touch(there, user.user_id, 'd', 100)])
  const streams = []
  for (let i = 0; i < 8; i++) streams.push(await openLiveFeed(t, urls[i % 2] ?? issuer, { token: user.token }))
  await Promise.all([writing, ...streams.map(stream => stream.begun())])
  await Promise.all([touch(app, user.user_id, 'c', 200), touch(there, user.user_id, 'd', 200)])
  for (const stream of streams) {
    const complete = () => ['c-199', 'd-199'].every(id => stream.events().some(({ data }) => data.id === id))
    await until(complete, 10_000)
    for (const name of ['c', 'd']) {
      const own = stream.events().flatMap(({ data }) => (data.id?.startsWith(name) ? [data.id] : []))
      t.ok(own.length >= 200)
      t.same(own, [...named(name, 100), ...named(name, 200)].slice(-own.length))
    }
    stream.close()
  }
})

t.test('a reader whose place is unknown, or no longer kept, is told to fetch anew, and then follows', async t => {
  const { token, user_id } = await administrator(app)
  const head = await app.changeEvents.head()
  for (const lastEventId of ['x', '-1', '1.5', '', `${head + 1000}`, '9'.repeat(15), '9'.repeat(40)]) {
    const stream = await openLiveFeed(t, issuer, { token, lastEventId })
    await stream.begun()
    t.match(stream.frames, [{ event: 'reset', data: '{}', id: /^\d+$/ }], lastEventId)
    stream.close()
  }
  const oldest = await app.db.selectFrom('change_events').select('position').orderBy('position').executeTakeFirst()
  await app.db
    .updateTable('change_events')
    .set({ created_at: 0 })
    .where('position', '<', head - 3)
    .execute()
  await app.cleanUp.run()
  const late = await openLiveFeed(t, issuer, { token, lastEventId: `${oldest?.position}` })
  t.equal(await late.begun(), `${await app.changeEvents.head()}`)
  t.equal(late.frames[0]?.event, 'reset')
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Mon' } })
  await late.count(1)
  t.same(late.types(), ['person.updated'])
})

t.test('a reader that has missed nothing just goes on', async t => {
  const lastEventId = String(await app.changeEvents.head())
  const stream = await openLiveFeed(t, url, { token: user.token, lastEventId })
  await call(app, 'PATCH', `/users/v1/${user.user_id}`, { token: user.token, payload: { first_name: 'General' } })
  await stream.count(1)
  t.same(
    stream.frames.map(({ event }) => event),
    ['person'],
  )
})
