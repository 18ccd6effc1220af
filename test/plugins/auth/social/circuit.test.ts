// A provider that fails is left alone for a while, and never has more than a few requests at once.
import { mock } from 'node:test'
import t from 'tap'
import { Circuit, Circuits, SingleFailure } from '../../../../plugins/auth/social/circuit.ts'
import { REAL } from '../../../support/app.ts'

const skip = REAL && 'what is asked of providers does not depend on the profile'

const fail = async () => {
  throw new Error('down')
}
const succeed = async () => 'well'
const refused = (circuit: Circuit, request: () => Promise<unknown> = succeed) =>
  circuit.run(request).then(
    () => undefined,
    (error: { code: string; retryAfter: number }) => error,
  )

t.test('after five failures in a row requests are refused for half a minute, then one is tried', { skip }, async t => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  t.teardown(() => mock.timers.reset())
  const circuit = new Circuit()
  for (let i = 0; i < 5; i++) t.match(await refused(circuit, fail), { code: 'provider-unavailable' })
  t.ok(circuit.isOpen)
  t.match(await refused(circuit), { code: 'provider-unavailable', retryAfter: 30 })
  t.match(circuit.counts, { succeeded: 0, failed: 5, rejected: 1 })
  mock.timers.tick(30_000)
  const probe = Promise.withResolvers<string>()
  const probing = refused(circuit, () => probe.promise)
  t.match(await refused(circuit), { code: 'provider-unavailable' }, 'a single one, whatever else comes')
  probe.reject(new Error('still down'))
  await probing
  t.ok(circuit.isOpen, 'a failed attempt opens it again')
  mock.timers.tick(30_000)
  t.equal(await circuit.run(succeed), 'well')
  t.notOk(circuit.isOpen)
})

t.test('a success in between is no failure in a row', { skip }, async t => {
  const circuit = new Circuit()
  for (let i = 0; i < 8; i++) {
    await refused(circuit, i % 4 === 3 ? succeed : fail)
    t.notOk(circuit.isOpen)
  }
})

t.test(
  "threat: a user who is over a provider's limit again and again does not end the logins of others",
  { skip },
  async t => {
    const circuit = new Circuit()
    const limited = async () => {
      throw new SingleFailure('limited', 3600)
    }
    for (let i = 0; i < 10; i++) t.match(await refused(circuit, limited), { retryAfter: 3600 })
    t.equal(await circuit.run(succeed), 'well')
  },
)

t.test('an endpoint that fails is left alone, whether or not others respond in between', { skip }, async t => {
  const circuits = new Circuits()
  for (let i = 0; i < 5; i++) {
    await circuits.of('/token').run(succeed)
    await refused(circuits.of('/user'), fail)
  }
  t.ok(circuits.isOpen)
  t.ok(circuits.of('/user').isOpen)
  t.notOk(circuits.of('/token').isOpen)
  t.same(circuits.counts, { succeeded: 5, failed: 5, rejected: 0 })
})

t.test('at most twenty requests are in flight', { skip }, async t => {
  const circuit = new Circuit()
  const { promise, resolve } = Promise.withResolvers<string>()
  const waiting = Array.from({ length: 20 }, () => circuit.run(() => promise))
  t.match(await refused(circuit), { code: 'provider-unavailable' })
  resolve('late')
  t.same(new Set(await Promise.all(waiting)), new Set(['late']))
  t.equal(await circuit.run(succeed), 'well')
})
