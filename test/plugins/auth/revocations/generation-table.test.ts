import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { createGenerationTable } from '../../../../plugins/auth/revocations/generation-table.ts'
import { createRevocationMap } from '../../../../plugins/auth/revocations/map.ts'

t.test('every revoked session is found, and no other, however much the table grows', async t => {
  const map = createRevocationMap()
  const revoked = Array.from({ length: 200_000 }, () => randomUUIDv7())
  for (const [i, sid] of revoked.entries()) map.raise(sid, (i % 5) + 2)
  t.equal(map.size(), revoked.length)
  t.ok(
    revoked.every(
      (sid, i) => map.has({ sid, gen: (i % 5) + 1, iat: 0 }) && !map.has({ sid, gen: (i % 5) + 2, iat: 0 }),
    ),
  )
  t.ok(revoked.every(() => !map.has({ sid: randomUUIDv7(), gen: 1, iat: 0 })))
})

t.test('ids that share a slot are kept apart', async t => {
  const table = createGenerationTable()
  const ids = Array.from({ length: 500 }, (_, high) => ({ high: high - 250, low: -1 }))
  for (const [i, id] of ids.entries()) table.set(id, i + 1)
  t.ok(ids.every((id, i) => table.get(id) === i + 1))
  t.equal(table.get({ high: 1000, low: -1 }), 0)
  table.set(ids[0] ?? { high: 0, low: 0 }, 7)
  t.equal(table.size(), ids.length)
})
