import t from 'tap'
import { failureFloor } from '../../../../plugins/auth/passwords/failure-floor.ts'

/** A floor over these samples, each of which takes as long as it says (ms); `times` counts the measurements. */
function floorOver(samples: string[]) {
  const times: string[] = []
  const floor = failureFloor(
    async () => samples,
    async hash => {
      times.push(hash)
      return Number(hash)
    },
    '1',
  )
  const wait = async () => {
    const start = performance.now()
    await floor.reached(start)
    return performance.now() - start
  }
  return { floor, times, wait }
}

t.test('a failure takes longer than the slowest kind of hash', async t => {
  const { floor, wait } = floorOver(['2', '40', '3'])
  floor.start()
  t.ok((await wait()) > 50)
})

t.test('what already took longer waits no more', async t => {
  const { floor } = floorOver(['40'])
  floor.start()
  const start = performance.now()
  await floor.reached(start - 10_000)
  t.ok(performance.now() - start < 5000)
})

t.test('where all hashes are ours there is no floor, and nothing is measured', async t => {
  const { floor, times, wait } = floorOver([])
  floor.start()
  await wait()
  t.same(times, [])
})

t.test('each kind is measured once, not at every failure', async t => {
  const samples = ['2']
  const { floor, times, wait } = floorOver(samples)
  floor.start()
  for (let i = 0; i < 5; i++) await wait()
  const measured = times.length
  samples.push('30')
  await floor.refresh()
  t.same(times.slice(measured), ['30', '30', '30'])
  t.ok((await wait()) > 40)
})

t.test('where the database cannot be asked, the floor stays as it was', async t => {
  let fails = false
  const floor = failureFloor(
    async () => (fails ? Promise.reject(new Error('away')) : ['40']),
    async hash => Number(hash),
    '1',
  )
  floor.start()
  await floor.reached(performance.now())
  fails = true
  await floor.refresh()
  const start = performance.now()
  await floor.reached(start)
  t.ok(performance.now() - start > 50)
})
