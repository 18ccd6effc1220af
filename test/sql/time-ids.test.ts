/** Ids that begin with the time. */
import t from 'tap'
import { firstIdAt, nextId, timeOf } from '#sql/time-ids.ts'

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

t.test('ids of one millisecond sort in the order in which they were made', async t => {
  const now = Date.now() + 60_000
  t.intercept(Date, 'now', { value: () => now })
  const ids = Array.from({ length: 4096 }, nextId)
  t.same(ids.toSorted(), ids)
  const more = [nextId(), nextId()]
  t.equal(new Set([...ids, ...more]).size, 4098, 'and more of them are ids all the same')
  for (const id of [...ids.slice(-1), ...more]) t.match(id, UUID_7)
})

t.test('a period is a range of ids, also after the clock was set back', async t => {
  const now = Date.now()
  t.ok(nextId() >= firstIdAt(now))
  t.equal(timeOf(firstIdAt(now)), now)
  t.intercept(Date, 'now', { value: () => now - 60_000 })
  t.ok(nextId() < firstIdAt(now))
})
