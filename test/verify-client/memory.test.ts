/** What another service keeps of revocations: as much as Holocron itself, no longer than it matters, and found by the same hash. */
import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { createCache } from '../../clients/verify/src/cache.ts'
import { createRevocations, hashOf } from '../../clients/verify/src/revocations.ts'
import { createRevocationMap } from '../../plugins/auth/revocations/map.ts'

const ENTRIES = 100_000
const BYTES_MAX = 150

t.test('a session is found by the hash that Holocron sends', async t => {
  for (const id of ['', 'x', randomUUIDv7(), randomUUIDv7()]) {
    const map = createRevocationMap()
    map.raise(id, 2)
    const [entry] = map.entries()
    t.match(entry, hashOf(id))
  }
})

t.test(`a revoked session takes at most ${BYTES_MAX} bytes`, async t => {
  const revocations = createRevocations()
  const ids = Array.from({ length: ENTRIES }, (_, i) => hashOf(`01900000-0000-7000-8000-${i}`))
  const bytes = () => process.memoryUsage().arrayBuffers
  const before = bytes()
  for (const id of ids) revocations.raise(id, 2)
  t.equal(revocations.size(), ENTRIES)
  const each = (bytes() - before) / ENTRIES
  t.comment(`${each.toFixed(0)} bytes`)
  t.ok(each <= BYTES_MAX)
  t.ok(ids.every(id => revocations.has(id, { gen: 1, iat: 0 })))
})

t.test('it is forgotten after one to two lifetimes of a token, and never lowered', async t => {
  const revocations = createRevocations()
  const id = hashOf('one')
  for (const generation of [3, 2]) revocations.raise(id, generation)
  revocations.rotate()
  revocations.raise(id, 1)
  t.equal(revocations.has(id, { gen: 2, iat: 0 }), true)
  t.equal(revocations.has(id, { gen: 3, iat: 0 }), false)
  revocations.rotate()
  t.equal(revocations.size(), 0)
})

t.test('tokens that are used stay known, and there are never more than so many', async t => {
  const turns = createCache<number>(10)
  turns.set('used', 1)
  for (let i = 0; i < 100; i++) {
    turns.set(`other ${i}`, i)
    t.equal(turns.get('used'), 1)
  }
  t.equal(turns.get('other 0'), undefined)
})
