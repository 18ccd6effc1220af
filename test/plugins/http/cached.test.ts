// Results that are remembered for a while.
import { mock } from 'node:test'
import t from 'tap'
import { cached } from '../../../plugins/http/cached-responses/cached.ts'
import { REAL } from '../../support/app.ts'

const skip = REAL && 'what is remembered does not depend on the profile'

const fail = async () => {
  throw new Error('down')
}

t.test('what is remembered is made once, made again later, and made again after a failure', { skip }, async t => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  t.teardown(() => mock.timers.reset())
  let made = 0
  const metadata = cached(async () => ++made, 1000)
  t.same(await Promise.all([metadata(), metadata()]), [1, 1])
  mock.timers.tick(1001)
  t.equal(await metadata(), 2)
  let broken = true
  const keys = cached(async () => (broken ? fail() : 'keys'), 1000)
  await t.rejects(keys())
  broken = false
  t.equal(await keys(), 'keys')
  broken = true
  mock.timers.tick(1001)
  t.equal(await keys(), 'keys', 'the old one serves on while it cannot be renewed')
})

t.test('an expired result is made anew, also while one from before is still being made', { skip }, async t => {
  const makings: PromiseWithResolvers<string>[] = []
  const text = cached(() => {
    const making = Promise.withResolvers<string>()
    makings.push(making)
    return making.promise
  }, 60_000)
  const before = text()
  text.expire()
  const after = text()
  makings[1]?.resolve('new')
  t.equal(await after, 'new')
  makings[0]?.resolve('old')
  t.equal(await before, 'old')
  t.equal(await text(), 'new', 'the late one replaces nothing')
  t.equal(makings.length, 2)
})
