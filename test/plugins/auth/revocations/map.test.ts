import t from 'tap'
import { createRevocationMap } from '../../../../plugins/auth/revocations/map.ts'

const GRACE_MS = 60_000
const token = (gen: number) => ({ sid: 'one', gen, iat: 1 })

t.test('a grace period that a security change has ended is not brought back by a message that arrives late', t => {
  const map = createRevocationMap(GRACE_MS)
  map.raise('one', 5, 0)
  map.raise('one', 5, GRACE_MS)
  t.equal(map.has(token(4)), true)
  map.raise('one', 6, GRACE_MS)
  t.equal(map.has(token(5)), false, 'the next rotation has its own')
  t.equal(map.has(token(4)), true)
  t.end()
})

t.test('a security change that is told of late ends no later grace period', t => {
  const map = createRevocationMap(GRACE_MS)
  map.raise('one', 6, GRACE_MS)
  map.raise('one', 5, 0)
  t.equal(map.has(token(5)), false)
  map.raise('one', 6, 0)
  t.equal(map.has(token(5)), true)
  t.end()
})
