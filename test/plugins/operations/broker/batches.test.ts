import t from 'tap'
import type { ChangeEvent } from '#schemas/change-event.ts'
import { inBatches } from '../../../../plugins/operations/broker/batches.ts'

const cut = (subjects: string) =>
  inBatches([...subjects].map(subject => ({ subject }) as ChangeEvent)).map(batch =>
    batch.map(({ subject }) => subject).join(''),
  )

t.test(
  'threat: a broker that refuses an event and takes the next turns a subject around: it is under way once',
  async t => {
    t.same(cut(''), [])
    t.same(cut('abc'), ['abc'])
    t.same(cut('aaa'), ['a', 'a', 'a'])
    t.same(cut('abcabdd'), ['abc', 'abd', 'd'], 'all of them, in order')
  },
)
